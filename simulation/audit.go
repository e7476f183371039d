package simulation

import (
	"fmt"
)

// Level is how much of everything a node holds. A node that is idle again holds what it held before,
// whatever happened in between (I24).
type Level struct {
	Actors      int
	Connections int
	Doors       int
	Disks       int
	Listeners   int
	Timers      int // timers that run, and answers of the world that are on their way
	Credits     int // requests of doors that are not back there
}

// Level counts what the machine's node holds now.
func (m *Machine) Level() Level {
	l := Level{}
	b := m.boot
	if b == nil {
		return l
	}
	for _, mb := range b.mailboxes {
		if mb.pid == nil {
			continue
		}
		if _, lives := m.system.ProcessRegistry.GetLocal(mb.pid.Id); lives {
			l.Actors++
		}
	}
	l.Connections, l.Doors, l.Listeners = len(b.ends), len(b.doors), len(b.listeners)
	for _, d := range b.doors {
		l.Credits += len(d.slots) - len(d.free)
	}
	for _, d := range m.disks {
		if d.owner != nil && d.owner.boot == b {
			l.Disks++
		}
	}
	for _, e := range m.world.agenda {
		if e.boot == b && !e.gone {
			l.Timers++
		}
	}
	return l
}

// Leak compares a level with an earlier one: what there is more of, empty if nothing. Timers come and go;
// a few more of them are no leak.
func (l Level) Leak(before Level) string {
	for _, x := range []struct {
		what          string
		before, after int
	}{
		{"actors", before.Actors, l.Actors}, {"connections", before.Connections, l.Connections},
		{"doors", before.Doors, l.Doors}, {"open disks", before.Disks, l.Disks},
		{"listeners", before.Listeners, l.Listeners}, {"requests", before.Credits, l.Credits},
		{"timers", before.Timers + 6, l.Timers},
	} {
		if x.after > x.before {
			return fmt.Sprintf("%s: %d, before %d", x.what, x.after, x.before)
		}
	}
	return ""
}
