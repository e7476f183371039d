package actors

import (
	"github.com/asynkron/protoactor-go/actor"
)

// An actor that falls may have asked for something that opens: a component, a connection, a door. The
// answer finds nobody, and what it brings would stay open for as long as the process lives: the component
// locked, the peer in a session with nobody, clients at a device without an owner. Such answers become dead
// letters, and the node closes what they bring (I24); and so it does with what an actor had just been brought when
// it fell, whether or not that one still closed it.

// orphan is a dead letter, or the last message of one that fell, that brings something open.
type orphan struct{ letter any }

// opens reports whether a message brings something that somebody has to close.
func opens(letter any) bool {
	switch m := letter.(type) {
	case *DiskOpened:
		return m.Disk != nil
	case *DoorOpened:
		return m.Door != nil
	case *deviceShown:
		return m.door != nil
	case *Dialed:
		return m.Conn != nil
	case *peerHello:
		return true
	}
	return false
}

// watchOrphans has dead letters that bring something open sent to the node. The stream calls from
// wherever the letter was posted, so nothing is done there but sending.
func (n *node) watchOrphans() {
	events, self := n.h.System.EventStream, n.self
	watching := events.Subscribe(func(event any) {
		if dead, ok := event.(*actor.DeadLetterEvent); ok && opens(dead.Message) {
			n.h.Tell(self, &orphan{letter: dead.Message})
		}
	})
	n.unwatch = func() { events.Unsubscribe(watching) }
}

// onOrphan closes what a dead letter brought.
func (n *node) onOrphan(m *orphan) {
	switch m := m.letter.(type) {
	case *DiskOpened:
		m.Disk.Close(n.owner())
	case *DoorOpened:
		m.Door.Abandon()
	case *deviceShown:
		m.door.Abandon()
	case *Dialed:
		m.Conn.Close()
	case *peerHello:
		m.conn.Close()
	}
}
