package script

import (
	"fmt"
	"time"

	"hast/simulation"
	"hast/states"
)

// findOut is how long two nodes may take to see that a component is a wrong one: a few attempts at a session.
const findOut = 40 * time.Second

var wrongDiskVerb = verb{name: "wrong-disk", usage: "NODE older|foreign",
	about: "if the other node serves and both hold the same, put the node's newest snapshot back if there was a session since, or a disk of another resource in its place; demand that it is refused (I21), and then renew it; else nothing",
	compile: func(w *words) act {
		at := w.node()
		how := w.oneOf("disk", "older", "foreign")
		return func(st *Stage) error { return st.wrongDisk(at, how == "older") }
	}}

// wrongDisk is a mistake, how it is found out, and what an administrator does then.
func (st *Stage) wrongDisk(at nodeName, older bool) error {
	m, other := st.machine(at), st.machine(at.other())
	if !st.mayRenew(m, other) {
		st.world().Note("no disk is mistaken now: the other copy may not be whole")
		return nil
	}
	if err := st.answerRole(m, states.RoleInit, true); err != nil {
		return err
	}
	x, err := st.putWrong(m, at, older)
	if err != nil {
		return st.refuse(err, true)
	}
	if x == nil {
		st.world().Note("no disk is mistaken now: no session would tell")
		return st.answerRole(m, states.RoleSecondary, false)
	}
	if err := st.answerRole(m, states.RoleSecondary, false); err != nil {
		return err
	}
	for end := st.world().Now() + findOut; st.world().Now() < end && !x.Found(); {
		st.world().RunFor(200 * time.Millisecond)
	}
	if err := x.Check(); err != nil {
		return st.refuse(err, true)
	}
	if err := st.answerRole(m, states.RoleInit, true); err != nil {
		return err
	}
	if err := x.TakeAway(); err != nil {
		return err
	}
	if err := st.refuse(st.Pair.Create(m), true); err != nil {
		return err
	}
	return st.answerRole(m, states.RoleSecondary, false)
}

func (st *Stage) putWrong(m *simulation.Machine, at nodeName, older bool) (*simulation.WrongDisk, error) {
	if !older {
		return st.Pair.PutForeign(m)
	}
	x, ok := st.Pair.PutOlder(m, st.images[string(at)+" "])
	if !ok {
		return nil, nil
	}
	return x, nil
}

// answerRole gives a role to a node that may have died, and waits for the answer, whatever that is.
func (st *Stage) answerRole(m *simulation.Machine, role states.Role, force bool) error {
	if !m.Running() {
		return nil
	}
	ask := m.Ask(st.Pair.Resource(), role, force)
	if err := st.world().Run(ask.Done, answerLimit); err != nil {
		return fmt.Errorf("role %v of a node whose disk is another one: %w", role, err)
	}
	return nil
}
