package host

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/hashicorp/go-hclog"

	"hast/actors"
)

// TestLedger: an entry is what was written last, and none when it was taken away; a name with a slash is one file.
func TestLedger(t *testing.T) {
	answers := make(chan any, 1)
	l := &ledger{log: hclog.NewNullLogger(), tell: func(_ *actor.PID, m any) { answers <- m }}
	dir := filepath.Join(t.TempDir(), "state")
	o := actors.Owner{Epoch: 7}
	read := func(want string) {
		t.Helper()
		l.Read(o, dir, "a/b")
		m := (<-answers).(*actors.LedgerRead)
		if m.Err != nil || m.Epoch != 7 || string(m.Data) != want {
			t.Fatalf("%q, epoch %d: %v; want %q", m.Data, m.Epoch, m.Err, want)
		}
	}
	write := func(data []byte) {
		t.Helper()
		l.Write(o, dir, "a/b", data)
		if m := (<-answers).(*actors.LedgerWritten); m.Err != nil || m.Epoch != 7 {
			t.Fatalf("epoch %d: %v", m.Epoch, m.Err)
		}
	}
	read("")
	write([]byte("one"))
	write([]byte("two"))
	read("two")
	if list, err := os.ReadDir(dir); err != nil || len(list) != 1 {
		t.Errorf("%v: %v", list, err)
	}
	write(nil)
	write(nil)
	read("")

	// A directory that can't be one is an error, not an empty ledger.
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	l.Read(o, blocked, "x")
	if m := (<-answers).(*actors.LedgerRead); m.Err == nil {
		t.Error("a file was read as a directory")
	}
	l.Write(o, blocked, "x", []byte("y"))
	if m := (<-answers).(*actors.LedgerWritten); m.Err == nil {
		t.Error("a file was written to as a directory")
	}
}
