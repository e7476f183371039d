package simulation

import (
	"bytes"
	"time"

	"hast/actors"
)

// stateFiles is a node's way to its machine's state files, which are on another disk than its components, and whole at
// every moment.
type stateFiles struct{ boot *boot }

func (l stateFiles) Read(o actors.Owner, _, name string) {
	w := l.boot.world
	w.after(between(w.chance.disk, 10*time.Microsecond, time.Millisecond), l.boot, func() {
		l.boot.tell(o.PID, &actors.LedgerRead{Epoch: o.Epoch, Data: bytes.Clone(l.boot.machine.ledger[name])})
	})
}

func (l stateFiles) Write(o actors.Owner, _, name string, data []byte) {
	data = bytes.Clone(data)
	w := l.boot.world
	w.after(between(w.chance.disk, 100*time.Microsecond, 10*time.Millisecond), l.boot, func() {
		w.trace.add(w.now, l.boot.machine.name, "ledger", name)
		l.boot.machine.keepFile(name, data)
		l.boot.tell(o.PID, &actors.LedgerWritten{Epoch: o.Epoch})
	})
}

// keepFile makes a state file what it is to be; without data it goes. One says of a whole component that it is no current
// copy: then the other one is, and what a node makes of it as it takes the file away is to copy all (I33).
func (m *Machine) keepFile(name string, data []byte) {
	if m.ledger == nil {
		m.ledger = map[string][]byte{}
	}
	was := m.ledger[name] != nil
	m.ledger[name] = data
	if data == nil {
		delete(m.ledger, name)
	}
	for _, d := range m.disks {
		switch g := d.ghost; {
		case g == nil || g.record.Resource != name:
		case data != nil:
			g.stoodIn(g.of(d).other())
		case was:
			g.fullCopy()
		}
	}
}
