package config

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// FuzzParse wants of any bytes: an *Error with a place inside the file, or a tree that each node can
// resolve to values within their bounds, again or with an *Error.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.conf")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
	f.Add([]byte(resource(good)))
	f.Add([]byte("#%\n#% workers 1 # x\n \t#%async-bound 1G"))
	f.Fuzz(func(t *testing.T, src []byte) {
		file, err := Parse("f", src)
		if err != nil {
			checkError(t, err)
			return
		}
		for _, n := range goldenNodes {
			c, err := file.Resolve(n)
			if err != nil {
				checkError(t, err)
				continue
			}
			if len(c.Listen) == 0 || c.ControlPath() == "" {
				t.Fatalf("no address: %+v", c)
			}
			for _, r := range c.Resources {
				if r.Timeout < time.Second || r.Local == "" || r.Remote == "" || r.Workers < 1 || r.Workers > 64 ||
					r.AsyncBound < mebibyte || len(r.Name) > MaxNameBytes || len(r.Provider) > MaxNameBytes || len(r.NBDSocket) > MaxSocketPathBytes {
					t.Fatalf("out of bounds: %+v", r)
				}
			}
			if d := Diff(c, c); !d.None() {
				t.Fatalf("differs from itself: %+v", d)
			}
		}
	})
}

func checkError(t *testing.T, err error) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e == nil || e.Line < 1 || e.Col < 1 || e.File != "f" || e.Msg == "" {
		t.Fatalf("error without a place: %#v", err)
	}
}

// FuzzParseAddress wants that what is accepted can be printed and read again.
func FuzzParseAddress(f *testing.F) {
	for _, s := range []string{"tcp4://10.0.0.1:8457", "[::1]:1", "::1", "hastb", "uds:///x", "/x", "tcp://"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ParseAddress(s)
		if err != nil {
			return
		}
		plain := a
		plain.Text = ""
		again, err := ParseAddress(plain.String())
		if err != nil || again.Host != a.Host || again.Port != a.Port {
			t.Fatalf("%q gives %+v, which prints as %s and gives %+v, %v", s, a, plain, again, err)
		}
	})
}

// FuzzParseSize wants that nothing overflows.
func FuzzParseSize(f *testing.F) {
	for _, s := range []string{"64M", "7E", "8E", "9223372036854775807", "1k"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if n, err := ParseSize(s); err == nil && n < 0 {
			t.Fatalf("%q gives %d", s, n)
		}
	})
}
