package cmd_test

import (
	"bytes"
	"io"
	"math/bits"
	"math/rand/v2"
	"os"
	"strconv"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"hast/states"
)

// garbage FILE SIZE SEED: fills a file with bytes that another seed doesn't give.
func garbage(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 3, "garbage file size seed")
	size, err := strconv.ParseInt(args[1], 0, 64)
	ts.Check(err)
	seed, err := strconv.ParseUint(args[2], 0, 8)
	ts.Check(err)
	f, err := os.OpenFile(ts.MkAbs(args[0]), os.O_CREATE|os.O_RDWR, 0o600)
	ts.Check(err)
	defer f.Close()
	_, err = io.CopyN(f, rand.NewChaCha8([32]byte{byte(seed)}), size)
	ts.Check(err)
}

// same FILE FILE OFFSET: wants two files to be of one size, and the same from there on.
func same(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: [!] same file file offset")
	}
	offset, err := strconv.ParseInt(args[2], 0, 64)
	ts.Check(err)
	one, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	two, err := os.ReadFile(ts.MkAbs(args[1]))
	ts.Check(err)
	if int64(len(one)) < offset || len(one) != len(two) {
		ts.Fatalf("%s has %d bytes, %s %d", args[0], len(one), args[1], len(two))
	}
	if equal := bytes.Equal(one[offset:], two[offset:]); equal == neg {
		at := offset
		for !neg && one[at] == two[at] {
			at++
		}
		ts.Fatalf("equality of %s and %s from %d on is %v; first difference at %d", args[0], args[1], offset, equal, at)
	}
}

// shrink FILE SIZE: cuts a file that is there, or makes it longer by a hole.
func shrink(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 2, "shrink file size")
	size, err := strconv.ParseInt(args[1], 0, 64)
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), size))
}

// mapbits FILE N: waits until N extents are dirty in the activemap that is on a component. It looks at
// its first 512 bytes, which have a bit for each of 4096 extents.
func mapbits(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 2, "mapbits file n")
	want, err := strconv.Atoi(args[1])
	ts.Check(err)
	f, err := os.Open(ts.MkAbs(args[0]))
	ts.Check(err)
	defer f.Close()
	image := make([]byte, 512)
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	deadline := time.After(patience)
	for {
		_, err := f.ReadAt(image, states.MapOffset)
		ts.Check(err)
		got := 0
		for _, b := range image {
			got += bits.OnesCount8(b)
		}
		if got == want {
			return
		}
		select {
		case <-again.C:
		case <-deadline:
			ts.Fatalf("%d extents of %s are dirty on disk, want %d\n%s", got, args[0], want, logs(ts))
		}
	}
}
