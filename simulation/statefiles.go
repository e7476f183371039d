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
		m := l.boot.machine
		if m.ledger == nil {
			m.ledger = map[string][]byte{}
		}
		w.trace.add(w.now, m.name, "ledger", name)
		m.ledger[name] = data
		if data == nil {
			delete(m.ledger, name)
		}
		for _, d := range m.disks {
			if g := d.ghost; g != nil && g.record.Resource == name && data != nil {
				g.stoodIn(g.of(d).other())
			}
		}
		l.boot.tell(o.PID, &actors.LedgerWritten{Epoch: o.Epoch})
	})
}
