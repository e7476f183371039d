package actors

import (
	"fmt"
	"strings"

	"hast/states"
)

// How a split-brain is ended by an administrator's word (design 13): one record of a secondary changes, by
// its one writer. The next handshake then finds the copy that is kept ahead.

// Resolve ends the split-brain of a resource. It is answered when that is durable, or with the reason why not.
type Resolve struct {
	Name string
	How  states.Resolution
	To   ResolveSink
}

// ResolveSink hears the end of a Resolve, once; it is called in a turn of the node and must not block.
type ResolveSink interface{ Resolved(ResolveAnswer) }

// ResolveAnswer tells what became of it. The JSON names are hastctl's.
type ResolveAnswer struct {
	Name    string `json:"name"`
	Unknown bool   `json:"unknown,omitempty"` // no such resource
	// Reason is empty if the split-brain is resolved; else why it isn't, and Remedy what helps.
	Reason string `json:"reason,omitempty"`
	Remedy string `json:"remedy,omitempty"`
	// Bytes are in the extents that are given up, in so many Runs, of which Extents are the first, as far as
	// this node knows them: of the peer's it was told the size at most.
	Bytes      uint64 `json:"discarded_bytes"`
	BytesKnown bool   `json:"discarded_bytes_known"`
	Extents    []Run  `json:"discarded_extents"`
	Runs       int    `json:"discarded_runs"`
}

// Run is a run of extents.
type Run struct {
	First uint64 `json:"first"`
	Count uint64 `json:"count"`
}

// resolveCopy asks a resource, and that its secondary, to resolve; answered by resolveDone with the same id.
type resolveCopy struct {
	id   uint64
	how  states.Resolution
	sink ResolveSink // of a host program, instead of a node
	peer heard       // resource's own
}

// resolveDone is the answer.
type resolveDone struct {
	id     uint64
	answer ResolveAnswer
}

// resolveTurn is a command that waits at node for its answer.
type resolveTurn struct {
	name string
	to   ResolveSink
}

func (n *node) onResolve(m *Resolve) {
	pid := n.resources[m.Name]
	if pid == nil {
		m.To.Resolved(ResolveAnswer{Name: m.Name, Unknown: true})
		return
	}
	id := n.nextEpoch()
	n.resolves[id] = resolveTurn{name: m.Name, to: m.To}
	n.h.Tell(pid, &resolveCopy{id: id, how: m.How})
}

func (n *node) onResolveDone(m *resolveDone) {
	if t, ok := n.resolves[m.id]; ok {
		delete(n.resolves, m.id)
		t.to.Resolved(m.answer)
	}
}

// resolvesEnd answers what a resource will not answer any more.
func (n *node) resolvesEnd(name, reason string) {
	for _, id := range sortedKeys(n.resolves) {
		if n.resolves[id].name == name {
			n.onResolveDone(&resolveDone{id: id, answer: ResolveAnswer{Name: name, Reason: reason, Remedy: resolveAgain}})
		}
	}
}

const resolveAgain = "see 'hastctl explain', and ask again"

// onResolveCopy gives the command to who owns the record, or says why nobody does.
func (r *resource) onResolveCopy(m *resolveCopy) {
	m.peer = r.peer
	role := heldRole(r.fsm.Current())
	switch {
	case r.resolving != nil:
		r.resolved(m, ResolveAnswer{Reason: "another command of this kind is under way", Remedy: resolveAgain})
	case role != states.RoleSecondary || r.secondary == nil:
		q := states.Resolving{How: m.how, Role: role}
		reason, remedy := states.MayResolve(q, r.cfg.Name)
		r.resolved(m, ResolveAnswer{Reason: reason, Remedy: remedy})
	default:
		r.resolving = m
		r.h.Tell(r.secondary, m)
	}
}

func (r *resource) onResolveDone(m *resolveDone) {
	if w := r.resolving; w != nil && w.id == m.id {
		r.resolving = nil
		r.resolved(w, m.answer)
	}
}

// resolveInterrupted is for the case that whoever was asked is no more: the record may have been written.
func (r *resource) resolveInterrupted() {
	if w := r.resolving; w != nil {
		r.resolving = nil
		r.resolved(w, ResolveAnswer{Reason: "the role ended meanwhile", Remedy: resolveAgain})
	}
}

func (r *resource) resolved(w *resolveCopy, a ResolveAnswer) {
	a.Name = r.cfg.Name
	if a.Extents == nil {
		a.Extents = []Run{}
	}
	if w.sink != nil {
		w.sink.Resolved(a)
		return
	}
	r.h.Tell(r.node, &resolveDone{id: w.id, answer: a})
}

// maybeResolve writes the record once nothing else of this secondary is under way.
func (s *secondary) maybeResolve() {
	m := s.resolving
	if m == nil || s.served > 0 || s.saving != saveIdle {
		return
	}
	own := states.CopyOf(&s.rec)
	peer := m.peer.copy
	if peer.Marks.Known {
		own.Marks = s.stand.marks(&s.rec, s.dirty())
	}
	q := states.Resolving{How: m.how, Role: states.RoleSecondary, Session: s.session != 0, Heard: !m.peer.at.IsZero(), Own: own, Peer: peer,
		Fitness: s.rec.Unfit}
	if !s.serving {
		q.Role = states.RoleInit
	}
	if reason, remedy := states.MayResolve(q, s.res.cfg.Name); reason != "" {
		s.endResolve(ResolveAnswer{Reason: reason, Remedy: remedy})
		return
	}
	rec := states.Resolved(s.rec, m.how, peer)
	if m.how == states.DiscardMine {
		rec.Unclean |= s.stand.crashed
		rec.Boot = s.res.h.Boot
	}
	s.saveRecord(rec, saveResolve)
}

// onResolveSaved tells what was given up.
func (s *secondary) onResolveSaved(err error) {
	m := s.resolving
	if err != nil {
		s.endResolve(ResolveAnswer{Reason: "the record can't be written: " + err.Error(), Remedy: "check the component's disk, and ask again"})
		return
	}
	a := ResolveAnswer{Bytes: m.peer.told.Dirty, BytesKnown: m.peer.copy.Marks.Known}
	whose := "the peer's"
	if m.how == states.DiscardMine {
		whose = "this node's"
		s.stand.crashed |= states.UncleanBegan | states.UncleanReceived
		s.stand.lagKnown = false
		runs := mapRuns(s.image)
		a.Bytes, a.BytesKnown, a.Runs, a.Extents = mapBytes(&s.rec, s.image), true, len(runs), runs[:min(len(runs), answerRuns)]
	}
	s.verdict, s.reasonAt = states.VerdictNone, s.res.h.Clock.Wall()
	s.reason = "the split-brain is resolved, " + whose + " changes are given up; the primary hasn't connected since"
	s.remedy = "'hastctl role primary " + s.res.cfg.Name + "' on the peer, unless it holds that role"
	s.log.Warn("Split-brain resolved: "+whose+" changes alone are given up.", "bytes", discardedBytes(&a), "extents", runsText(a.Extents))
	s.endResolve(a)
}

func (s *secondary) endResolve(a ResolveAnswer) {
	m := s.resolving
	s.resolving = nil
	s.tell(s.res.pid, &resolveDone{id: m.id, answer: a})
}

func discardedBytes(a *ResolveAnswer) string {
	if !a.BytesKnown {
		return "unknown"
	}
	return fmt.Sprint(a.Bytes)
}

// mapRuns are the runs of extents that a map's image says are dirty.
func mapRuns(image []byte) []Run {
	runs := []Run{}
	for i := range image {
		if image[i] == 0 {
			continue
		}
		for b := range 8 {
			if image[i]>>b&1 == 0 {
				continue
			}
			e := uint64(8*i + b)
			if n := len(runs); n > 0 && runs[n-1].First+runs[n-1].Count == e {
				runs[n-1].Count++
				continue
			}
			runs = append(runs, Run{First: e, Count: 1})
		}
	}
	return runs
}

// answerRuns bounds the runs in an answer.
const answerRuns = 1024

// runsMost bounds a list of runs in the log.
const runsMost = 32

// runsText lists runs for the log, like 0-3,7.
func runsText(runs []Run) string {
	var b strings.Builder
	for i, r := range runs {
		if i == runsMost {
			fmt.Fprintf(&b, ",… (%d runs)", len(runs))
			break
		}
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprint(&b, r.First)
		if r.Count > 1 {
			fmt.Fprintf(&b, "-%d", r.First+r.Count-1)
		}
	}
	return b.String()
}
