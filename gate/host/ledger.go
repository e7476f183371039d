package host

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/hashicorp/go-hclog"

	"hast/actors"
	"hast/gate/spawn"
)

// ledgerMost is the most that is read of an entry, in bytes.
const ledgerMost = 64 << 10

// ledger keeps entries as files: written beside, flushed, and renamed, so that each is whole or as it was.
type ledger struct {
	log  hclog.Logger
	tell func(*actor.PID, any)
}

// path is where an entry is. A resource's name may hold slashes.
func (*ledger) path(dir, name string) string {
	return filepath.Join(dir, url.PathEscape(name)+".state")
}

func (l *ledger) spawn(fn func() error, done func(error)) {
	spawn.Go("ledger", func(err error, stack []byte) {
		l.log.Error("the ledger failed", "error", err, "stack", string(stack))
		done(err)
	}, func() { done(fn()) })
}

// Read implements actors.Ledger.
func (l *ledger) Read(o actors.Owner, dir, name string) {
	var data []byte
	l.spawn(func() error {
		f, err := os.Open(l.path(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("state file: %w", err)
		}
		defer f.Close()
		if data, err = io.ReadAll(io.LimitReader(f, ledgerMost)); err != nil {
			return fmt.Errorf("state file: %w", err)
		}
		return nil
	}, func(err error) { l.tell(o.PID, &actors.LedgerRead{Epoch: o.Epoch, Data: data, Err: err}) })
}

// Write implements actors.Ledger.
func (l *ledger) Write(o actors.Owner, dir, name string, data []byte) {
	l.spawn(func() error { return l.write(dir, name, data) },
		func(err error) { l.tell(o.PID, &actors.LedgerWritten{Epoch: o.Epoch, Err: err}) })
}

func (l *ledger) write(dir, name string, data []byte) error {
	path := l.path(dir, name)
	if data == nil {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("state file: %w", err)
		}
		return syncFile(dir)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("state file: %w", err)
	}
	beside := path + ".new"
	if err := os.WriteFile(beside, data, 0o600); err != nil {
		return fmt.Errorf("state file: %w", err)
	}
	if err := syncFile(beside); err != nil {
		return err
	}
	if err := os.Rename(beside, path); err != nil {
		return fmt.Errorf("state file: %w", err)
	}
	return syncFile(dir)
}

// syncFile makes a file, or the names in a directory, durable.
func syncFile(path string) error {
	f, err := os.Open(path)
	if err == nil {
		err = f.Sync()
		f.Close()
	}
	if err != nil {
		return fmt.Errorf("state file: %w", err)
	}
	return nil
}
