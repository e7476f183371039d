package nbd

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestIntake(t *testing.T) {
	data := pattern(3*directSize+1000, 9)
	for name, src := range map[string]io.Reader{
		"at once":            bytes.NewReader(data),
		"in halves":          iotest.HalfReader(bytes.NewReader(data)),
		"in bytes":           iotest.OneByteReader(bytes.NewReader(data)),
		"with its last data": iotest.DataErrReader(bytes.NewReader(data)),
	} {
		t.Run(name, func(t *testing.T) {
			in := newIntake(src, 4096)
			var got []byte
			head, err := in.next(100)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, head...)
			large, small := make([]byte, 2*directSize), make([]byte, 700)
			for _, p := range [][]byte{large, small} {
				if err := in.full(p); err != nil {
					t.Fatal(err)
				}
				got = append(got, p...)
			}
			if !bytes.Equal(got, data[:len(got)]) {
				t.Fatal("other bytes arrive than were sent")
			}
			if err := in.skip(directSize); err != nil {
				t.Fatal(err)
			}
			rest := data[len(got)+directSize:]
			tail, err := in.peek(len(rest))
			if err != nil || !bytes.Equal(tail, rest) || in.held() != len(rest) {
				t.Fatalf("the rest is % x (%v), want % x", tail, err, rest)
			}
			if _, err := in.peek(len(rest) + 1); err != io.ErrUnexpectedEOF {
				t.Errorf("peeking beyond the end: %v", err)
			}
			if err := in.skip(int64(len(rest)) + 1); err != io.ErrUnexpectedEOF {
				t.Errorf("skipping beyond the end: %v", err)
			}
			if _, err := in.next(1); err != io.EOF {
				t.Errorf("after the end: %v", err)
			}
			if err := in.full(small); err != io.ErrUnexpectedEOF {
				t.Errorf("a payload after the end: %v", err)
			}
		})
	}
}

type idle struct{}

func (idle) Read([]byte) (int, error) { return 0, nil }

func TestIntakeErrors(t *testing.T) {
	if _, err := newIntake(idle{}, 64).peek(1); err != io.ErrNoProgress {
		t.Errorf("a source that gives nothing: %v", err)
	}
	broken := errors.New("broken")
	in := newIntake(io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(broken)), 64)
	if err := in.full(make([]byte, 4)); !errors.Is(err, broken) {
		t.Errorf("a source that breaks: %v", err)
	}
}
