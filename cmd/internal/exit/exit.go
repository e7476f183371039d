// Package exit holds the exit codes of the commands, and errors that carry one.
package exit

import (
	"errors"
	"fmt"
)

// The exit codes, with sysexits' numbers (hast-protocol, appendix B). Codes 1 to 4 are those of
// the control protocol, for a resource that could not be served.
const (
	OK          = 0
	Usage       = 64 // wrong usage
	DataErr     = 65 // unknown resource, bad sizes
	NoInput     = 66 // local component unusable
	Unavailable = 69 // hastd did not answer
	Software    = 70 // hastd returned a global error
	OSErr       = 71 // sockets can't be opened or reached
	OSFile      = 72 // configuration file can't be opened
	IOErr       = 74 // write error
	TempFail    = 75 // another hastd is running, out of something
	Config      = 78 // configuration is wrong
	Unreadable  = 255
)

// Error is an error that says with which code the command ends.
type Error struct {
	Code int
	Err  error
}

// Error is the text of the error within; the code is not for people.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap gives the error within.
func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an Error; format is fmt.Errorf's.
func Errorf(code int, format string, args ...any) error {
	return &Error{code, fmt.Errorf(format, args...)}
}

// With gives err a code, unless it has one.
func With(code int, err error) error {
	var coded *Error
	if err == nil || errors.As(err, &coded) {
		return err
	}
	return &Error{code, err}
}

// Code is the exit code of err: OK for nil, Software for an error that has none.
func Code(err error) int {
	var coded *Error
	switch {
	case err == nil:
		return OK
	case errors.As(err, &coded):
		return coded.Code
	}
	return Software
}
