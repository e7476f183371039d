package simulation

import (
	"bytes"
	"fmt"
	"slices"

	"hast/states"
)

// WrongDisk is a component that has come under a node by mistake: one of another resource, or the node's own as it
// was before later sessions. It is refused, and nothing is copied to or from it (I21).
type WrongDisk struct {
	pair  *Pair
	m     *Machine
	older bool
	was   []byte // the data that it came with
	open  bool   // what follows from counters was open before, for another reason
}

// PutOlder puts a machine's component back as it was when an image was taken. It reports false, and does nothing, if
// the other node couldn't know: there has been no session since (X4).
func (p *Pair) PutOlder(m *Machine, i Image) (*WrongDisk, bool) {
	d := p.Disk(m)
	if i.written == nil || len(i.written) != len(d.written) || d.owner != nil {
		return nil, false
	}
	g := p.Client.ghost
	old, now := g.readPaper(i.written), g.readPaper(p.Disk(p.Other(m)).written)
	if old.err != nil || now.err != nil || old.rec.ResUID == 0 || !sessionSince(&old.rec, &now.rec) {
		return nil, false
	}
	open := g.restored
	if err := d.Replace(ReplaceOlder, i, nil); err != nil {
		return nil, false
	}
	g.mistaken = true
	return &WrongDisk{p, m, true, slices.Clone(p.Data(m)), open}, true
}

// sessionSince reports that two records name no session that both sides can have been in or have drawn.
func sessionSince(old, now *states.Record) bool {
	for _, a := range []uint64{old.LastSession, old.TrySession} {
		if a != 0 && (a == now.LastSession || a == now.TrySession) {
			return false
		}
	}
	return old.LastSession != 0 && now.LastSession != 0
}

// PutForeign makes a machine's component one of another resource. It fails while a node has it open.
func (p *Pair) PutForeign(m *Machine) (*WrongDisk, error) {
	d := p.Disk(m)
	if err := d.unused(); err != nil {
		return nil, err
	}
	p.World.meddled = true
	p.World.trace.add(p.World.now, m.name, "a component of another resource", d.path)
	if _, err := d.Format("another", p.Record.ExtentSize, p.Record.KeepDirty); err != nil {
		return nil, err
	}
	p.World.effect(FaultReplaced)
	p.Client.ghost.mistaken = true
	return &WrongDisk{p, m, false, slices.Clone(p.Data(m)), p.Client.ghost.restored}, nil
}

// Found reports whether the nodes have found out: the primary refuses the copy, or, if it is another resource's, the
// node itself has no role by it.
func (x *WrongDisk) Found() bool {
	m := x.m
	if x.older {
		m = x.pair.Other(x.m)
	}
	g, ok := x.pair.Glance(m)
	return ok && (!x.older || g.Verdict.Refused())
}

// Check demands that the component was refused, if the nodes had a chance to find out, and is what it was.
func (x *WrongDisk) Check() error {
	w := x.pair.World
	w.checked(ruleI21)
	what := map[bool]string{true: "an older copy of itself", false: "another resource's"}[x.older]
	if g, ok := x.pair.Glance(x.m); ok && (string(g.Link) == "session" || !x.older && g.Role == states.RoleIsSecondary) {
		w.violate(ruleI21, x.m.name, NoSector, "its component is %s, and it is a %s with link %s", what, g.Role, g.Link)
	}
	if !bytes.Equal(x.was, x.pair.Data(x.m)) {
		w.violate(ruleI21, x.m.name, NoSector, "its component is %s, and its data has changed", what)
	}
	if !x.Found() || x.m.boot == nil {
		return nil
	}
	asked := x.m
	if x.older {
		asked = x.pair.Other(x.m)
	}
	s, err := x.pair.Status(asked)
	if err != nil {
		return fmt.Errorf("a status beside a wrong disk: %w", err)
	}
	if s.Link != linkUp && (s.Reason == "" || s.Remedy == "") {
		w.violate(ruleL6, asked.name, NoSector, "the other component is %s, and it says neither why there is no session nor what helps: verdict %s, reason %q, remedy %q", what, s.Verdict, s.Reason, s.Remedy)
	}
	return nil
}

// TakeAway puts a new disk in its place, which still needs to be created. As nothing came of the mistake, all that was
// known of the other component before holds again.
func (x *WrongDisk) TakeAway() error {
	g := x.pair.Client.ghost
	if err := x.pair.Disk(x.m).Replace(ReplaceEmpty, Image{}, nil); err != nil {
		return err
	}
	g.restored, g.mistaken = x.open || g.void, false
	return nil
}
