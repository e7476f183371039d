package actors

import (
	"math/bits"
	"time"

	"hast/states"
	"hast/wire"
)

// heard is what a handshake told of the peer's copy. It is resource's, outlives roles and sessions, and ends
// with the process. People are told of it, and a split-brain is resolved by it.
type heard struct {
	copy    states.Copy
	fitness states.Fitness
	told    wire.Told
	role    states.Role
	at      time.Time
}

// peerHeard tells resource of it.
type peerHeard struct{ heard }

// sessionKnown tells resource that, durably on both sides, a session was the last.
type sessionKnown struct{ last uint64 }

func (r *resource) onSessionKnown(m *sessionKnown) {
	r.peer.copy.Marks.LastSession, r.peer.copy.Marks.TrySession, r.peer.copy.Marks.Zeroed = m.last, 0, false
}

// sidesEqual tells resource that, durably on both sides, neither copy is ahead or lacks anything.
type sidesEqual struct{ own states.Copy }

// onSidesEqual: what the peer's copy is like follows from the own one.
func (r *resource) onSidesEqual(m *sidesEqual) {
	h := &r.peer
	if h.at.IsZero() {
		return
	}
	h.copy.ResUID, h.copy.LocalCnt, h.copy.RemoteCnt = m.own.ResUID, m.own.RemoteCnt, m.own.LocalCnt
	h.copy.Marks.Crashed, h.copy.Marks.Branch, h.copy.Marks.Dirty = 0, false, false
	h.fitness, h.told, h.at = states.Fit, wire.Told{}, r.h.Clock.Wall()
}

// CopyStatus is what is known of one side's copy. Bytes are in extents of the kind.
type CopyStatus struct {
	ResUID      uint64 `json:"resuid"`
	LocalCnt    uint64 `json:"localcnt"`
	RemoteCnt   uint64 `json:"remotecnt"`
	Fitness     string `json:"fitness"` // fit, outdated, inconsistent
	Marks       bool   `json:"marks"`   // it is a node of ours, and what follows is known
	LastSession uint64 `json:"lastsession"`
	TrySession  uint64 `json:"trysession"`
	Unclean     uint8  `json:"unclean"`      // bits: what an unclean end left
	UncleanText string `json:"unclean_text"` // the same in words
	Sent        bool   `json:"sent"`         // some answers were given for what was only sent
	Branch      bool   `json:"branch"`
	WasPrimary  bool   `json:"wasprimary"`
	LagKnown    bool   `json:"lag_known"`
	Zeroed      bool   `json:"zeroed"` // created as zeroes, and in no session since
	Dirty       uint64 `json:"dirty"`  // bytes
	Bad         uint64 `json:"bad"`    // bytes
	Lag         uint64 `json:"lag"`    // bytes
	Role        string `json:"role,omitempty"`
	Heard       string `json:"heard,omitempty"` // when, RFC 3339; of the peer only
}

// NewCopyStatus describes a copy; the bytes, the role and when it was heard are the caller's to add.
func NewCopyStatus(c states.Copy, f states.Fitness) *CopyStatus {
	m := &c.Marks
	return &CopyStatus{ResUID: c.ResUID, LocalCnt: c.LocalCnt, RemoteCnt: c.RemoteCnt, Fitness: f.String(), Marks: m.Known,
		LastSession: m.LastSession, TrySession: m.TrySession, Unclean: uint8(m.Crashed), UncleanText: m.Crashed.Words(), Sent: m.Sent,
		Branch: m.Branch, WasPrimary: m.WasPrimary, LagKnown: m.LagKnown, Zeroed: m.Zeroed}
}

// Side is the copy as states.Explain takes it.
func (c *CopyStatus) Side() states.Side {
	if c == nil {
		return states.Side{}
	}
	s := states.Side{Heard: true, Dirty: c.Dirty, Bad: c.Bad, Lag: c.Lag}
	s.ResUID, s.LocalCnt, s.RemoteCnt = c.ResUID, c.LocalCnt, c.RemoteCnt
	s.Marks = states.Marks{Known: c.Marks, LastSession: c.LastSession, TrySession: c.TrySession, Crashed: states.Unclean(c.Unclean),
		Sent: c.Sent, Branch: c.Branch, WasPrimary: c.WasPrimary, LagKnown: c.LagKnown, Dirty: c.Dirty > 0,
		Zeroed: c.Zeroed}
	for f := states.Fit; f <= states.Inconsistent; f++ {
		if f.String() == c.Fitness {
			s.Fitness = f
		}
	}
	return s
}

// status is the peer's copy as it was heard; nil if it wasn't.
func (h *heard) status() *CopyStatus {
	if h.at.IsZero() {
		return nil
	}
	s := NewCopyStatus(h.copy, h.fitness)
	s.Dirty, s.Bad, s.Role, s.Heard = h.told.Dirty, h.told.Bad, h.role.String(), h.at.UTC().Format(time.RFC3339)
	return s
}

// OwnCopyStatus describes the copy of a record with its map as it is on disk; boot is the identity of the
// machine's start, empty if unknown.
func OwnCopyStatus(r *states.Record, image []byte, boot string) *CopyStatus {
	return ownCopy(r, image, openStanding(r, boot))
}

func ownCopy(r *states.Record, image []byte, stand *standing) *CopyStatus {
	dirty := mapBytes(r, image)
	c := states.CopyOf(r)
	c.Marks = stand.marks(r, dirty > 0)
	s := NewCopyStatus(c, r.Unfit)
	s.Dirty = dirty
	s.Bad = min(r.Bad.Extents()*uint64(r.ExtentSize), r.DataSize)
	s.Lag = min(uint64(stand.lag.Count())*uint64(r.ExtentSize), r.DataSize)
	return s
}

// mapBytes is the size of the extents that a map's image says are dirty, in bytes.
func mapBytes(r *states.Record, image []byte) uint64 {
	n := 0
	for _, b := range image {
		n += bits.OnesCount8(b)
	}
	return min(uint64(n)*uint64(r.ExtentSize), r.DataSize)
}

// told is what is told to the peer's administrator.
func told(r *states.Record, dirty uint64) wire.Told {
	return wire.Told{Dirty: dirty, Bad: min(r.Bad.Extents()*uint64(r.ExtentSize), r.DataSize)}
}
