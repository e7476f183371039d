package script

import (
	"fmt"

	"hast/simulation"
	"hast/states"
)

var renewVerb = verb{name: "renew", usage: "NODE empty|zero",
	about: "if the other node serves and both hold the same, put a new disk under this one, create its component, and make it secondary; else nothing",
	compile: func(w *words) act {
		at := w.node()
		word := w.oneOf("new disk", "empty", "zero")
		by, _ := simulation.ParseReplacement(word)
		return func(st *Stage) error { return st.renew(at, by) }
	}}

// renew is what an administrator does with a disk that is to be replaced. He looks before he does it: the other
// node's copy has to be a whole one, for it is the only one for a while (X1).
func (st *Stage) renew(at nodeName, by simulation.Replacement) error {
	m, other := st.machine(at), st.machine(at.other())
	if !st.mayRenew(m, other) {
		st.world().Note("a disk isn't replaced now: the other copy may not be whole")
		return nil
	}
	if err := st.disk(at).Replace(by, simulation.Image{}, nil); err != nil {
		return err
	}
	ask := m.Ask(st.Pair.Resource(), states.RoleInit, true)
	if err := st.world().Run(ask.Done, answerLimit); err != nil {
		return fmt.Errorf("role init of a node whose disk was replaced: %w", err)
	}
	if err := st.refuse(st.Pair.Create(m), true); err != nil {
		return err
	}
	if !m.Running() {
		return nil
	}
	ask = m.Ask(st.Pair.Resource(), states.RoleSecondary, false)
	if err := st.world().Run(ask.Done, answerLimit); err != nil {
		return fmt.Errorf("role secondary of a node whose disk was replaced: %w", err)
	}
	return nil
}

// mayRenew reports whether a node's component may be thrown away.
func (st *Stage) mayRenew(m, other *simulation.Machine) bool {
	own, runs := st.Pair.Glance(m)
	primary, serves := st.Pair.Glance(other)
	if !runs || !serves || own.Open || !primary.Open || own.Link != "session" || primary.Link != states.LinkIsUp ||
		!m.Awake() || !other.Awake() {
		return false
	}
	s, err := st.Pair.Status(other)
	return err == nil && isWhole(&s)
}
