package cmd_test

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"hast/gate/nbd"
)

// device SOCKET RESOURCE write|read OFFSET LENGTH VALUE: is a client of a device. write writes bytes of
// that value and flushes; read wants that all bytes have it, or, if it is "any", only an answer.
func device(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 6, "device socket resource write|read offset length value")
	var n [3]int64
	for i := range n {
		if args[i+3] == "any" && args[2] == "read" {
			continue
		}
		var err error
		n[i], err = strconv.ParseInt(args[i+3], 0, 64)
		ts.Check(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := nbd.Dial(ctx, ts.MkAbs(args[0]), args[1])
	ts.Check(err)
	defer c.Close()
	want := bytes.Repeat([]byte{byte(n[2])}, int(n[1]))
	if args[2] == "write" {
		_, err = c.WriteAt(want, n[0], false)
		ts.Check(err)
		ts.Check(c.Flush())
		return
	}
	got := make([]byte, n[1])
	_, err = c.ReadAt(got, n[0])
	ts.Check(err)
	if args[5] != "any" && !bytes.Equal(got, want) {
		ts.Fatalf("device doesn't read as %#x from %d on", n[2], n[0])
	}
}

// fails SOCKET RESOURCE write|read|flush OFFSET LENGTH: wants the device to answer with an error.
func fails(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 5, "fails socket resource write|read offset length")
	off, err := strconv.ParseInt(args[3], 0, 64)
	ts.Check(err)
	n, err := strconv.ParseInt(args[4], 0, 64)
	ts.Check(err)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := nbd.Dial(ctx, ts.MkAbs(args[0]), args[1])
	ts.Check(err)
	defer c.Close()
	switch args[2] {
	case "write":
		_, err = c.WriteAt(make([]byte, n), off, false)
	case "flush":
		err = c.Flush()
	default:
		_, err = c.ReadAt(make([]byte, n), off)
	}
	var refused nbd.Errno
	if !errors.As(err, &refused) {
		ts.Fatalf("%s of %d bytes at %d: the answer is %v", args[2], n, off, err)
	}
}

// openKey is where a script keeps the clients that have a device open.
type openKey struct{}

type opened map[string]*nbd.Client

// open NAME SOCKET RESOURCE: a client opens a device and keeps it open; open NAME closes it.
func openDevice(ts *testscript.TestScript, neg bool, args []string) {
	clients := ts.Value(openKey{}).(opened)
	if len(args) == 1 && clients[args[0]] != nil {
		ts.Check(clients[args[0]].Close())
		return
	}
	positive(ts, neg, args, 3, "open name socket resource")
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := nbd.Dial(ctx, ts.MkAbs(args[1]), args[2])
	ts.Check(err)
	ts.Defer(func() { c.Close() })
	clients[args[0]] = c
}

// opened NAME OFFSET VALUE: a client's device is still the same one, and reads as VALUE from OFFSET on; with !,
// it is gone, or goes while we wait.
func openedDevice(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, false, args, 3, "opened name offset value")
	c := ts.Value(openKey{}).(opened)[args[0]]
	off, err := strconv.ParseInt(args[1], 0, 64)
	ts.Check(err)
	want, err := strconv.ParseUint(args[2], 0, 8)
	ts.Check(err)
	got := make([]byte, 4096)
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		_, err = c.ReadAt(got, off)
		if err == nil && !bytes.Equal(got, bytes.Repeat([]byte{byte(want)}, len(got))) {
			ts.Fatalf("the open device doesn't read as %#x from %d on", want, off)
		}
		var refused nbd.Errno
		switch {
		case !neg:
			ts.Check(err)
			return
		case err != nil && !errors.As(err, &refused):
			ts.Logf("the device is gone: %v", err)
			return
		case time.Now().After(end):
			ts.Fatalf("the device is still there: %v", err)
		}
	}
}
