package config

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Error is a refusal of a configuration. Parse and Resolve return no other type.
type Error struct {
	File string
	// Line and Col count from 1 (the original's line numbers count from 0).
	Line int
	Col  int
	// Msg says what is wrong and what to do. Where the original has a text for it, it begins with it.
	Msg string
}

// Error gives file:line:col: message.
func (e *Error) Error() string {
	return Pos{e.File, e.Line, e.Col}.String() + ": " + e.Msg
}

func errorAt(p Pos, format string, args ...any) *Error {
	return &Error{File: p.File, Line: p.Line, Col: p.Col, Msg: fmt.Sprintf(format, args...)}
}

// maxQuoted bounds how much of a file's text is repeated in a message, in bytes.
const maxQuoted = 60

// quote repeats text of the file in a message: short, on one line, and printable.
func quote(s string) string {
	if len(s) <= maxQuoted {
		return fmt.Sprintf("%q", s)
	}
	cut := maxQuoted
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return fmt.Sprintf("%q...", s[:cut])
}

// oneOf lists alternatives as in: "a", "b" or "c".
func oneOf(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = `"` + w + `"`
	}
	return orList(quoted)
}

func orList(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
