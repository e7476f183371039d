package script

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"hast/actors"
	"hast/simulation"
	"hast/states"
)

// bringBack is how long a pair may take to be one again.
const bringBack = 5 * time.Minute

// recover does what an operator does after a crash: what has died is started, or its work given to the
// other node; whoever is refused is given what the refusal asks for. Then all is looked at.
func (st *Stage) recover(c Crash) error {
	st.Pair.Heal()
	for _, n := range []nodeName{"a", "b"} {
		st.disk(n).Heal()
		st.machine(n).Continue()
	}
	primary := st.primary
	if primary == "" {
		primary = "a"
	}
	if c.Failover {
		primary = primary.other()
		if err := st.takeOver(primary); err != nil {
			return err
		}
	}
	served, err := st.bringUp(primary)
	if err != nil {
		return err
	}
	if err := st.inspect(served); err != nil {
		return fmt.Errorf("after the recovery: %w", err)
	}
	return st.handOver(served)
}

// takeOver promotes a node while the other one is dead, and writes a little if it serves; but not if the dead
// one has gone alone: two that did so are a split-brain, rightly, and this recovery needs none to be resolved.
func (st *Stage) takeOver(to nodeName) error {
	dead, errDead := st.Pair.WrittenRecord(st.machine(to.other()))
	own, errOwn := st.Pair.WrittenRecord(st.machine(to))
	ahead := errDead != nil || errOwn != nil || dead.LocalCnt > own.RemoteCnt
	if m := st.machine(to); !m.Running() {
		if err := st.Pair.Start(m); err != nil {
			return err
		}
	}
	ask := st.machine(to).Ask(st.Pair.Resource(), states.RolePrimary, false)
	if err := st.world().Run(ask.Done, bringBack); err != nil {
		return fmt.Errorf("the takeover by %s has no answer: %w", to, err)
	}
	if ask.Err() != nil {
		return st.explained(to) // to be copied from the other node, or to wait for it
	}
	if ahead {
		return nil
	}
	return st.touch(to)
}

// bringUp starts what doesn't run and gives roles, and follows a refusal's remedy. It returns who serves.
func (st *Stage) bringUp(primary nodeName) (nodeName, error) {
	for _, n := range []nodeName{"a", "b"} {
		if m := st.machine(n); !m.Running() {
			if err := st.Pair.Start(m); err != nil {
				return "", err
			}
		}
	}
	var refusals []string
	for range 3 {
		err := st.giveRoles(primary)
		if err == nil {
			return primary, nil
		}
		refusals = append(refusals, fmt.Sprintf("%s primary: %v", primary, err))
		if err := st.explained(primary); err != nil {
			return "", fmt.Errorf("%s: %w", strings.Join(refusals, "; "), err)
		}
		primary = primary.other()
	}
	return "", fmt.Errorf("no node can be primary: %s", strings.Join(refusals, "; "))
}

// giveRoles makes a node primary and the other secondary, and waits until both hold the same.
func (st *Stage) giveRoles(primary nodeName) error {
	var last actors.Status
	err := st.Pair.SetRole(st.machine(primary.other()), states.RoleSecondary, false)
	if err == nil {
		err = st.Pair.SetRole(st.machine(primary), states.RolePrimary, false)
	}
	if err == nil {
		err = st.Pair.AwaitStatus(st.machine(primary), "complete, or refused", func(s *actors.Status) bool {
			last = *s
			return isWhole(s) || refused(s)
		}, bringBack)
	}
	if err == nil && !isWhole(&last) {
		err = fmt.Errorf("%s; %s", last.Reason, last.Remedy)
	}
	return err
}

// isWhole reports whether both components hold the same.
func isWhole(s *actors.Status) bool { return s.Status == "complete" && s.Sync.Remaining == 0 }

// refused reports whether a handshake ended in a verdict that somebody has to do something about.
func refused(s *actors.Status) bool {
	return slices.ContainsFunc([]states.Verdict{states.VerdictForeign, states.VerdictBackInTime, states.VerdictImpossible, states.VerdictSplitBrain},
		func(v states.Verdict) bool { return v.String() == s.Verdict })
}

// byItself reports whether a remedy says that nobody needs to do anything.
func byItself(remedy string) bool { return strings.Contains(remedy, "by itself") }

// explained demands that a node that won't serve says why, and what to do; and that this is something that
// loses nothing, for nothing has happened that needs a decision about lost data.
func (st *Stage) explained(n nodeName) error {
	s, err := st.Pair.Status(st.machine(n))
	if err != nil {
		return err
	}
	switch {
	case s.Reason == "" || s.Remedy == "":
		return fmt.Errorf("%s refuses without a reason or a remedy: reason %q, remedy %q", n, s.Reason, s.Remedy)
	case byItself(s.Remedy):
		return fmt.Errorf("%s says that it goes on by itself, and doesn't: %s", n, s.Reason)
	case strings.Contains(s.Remedy, "hastctl create") || strings.Contains(s.Remedy, "hastctl resolve"):
		return fmt.Errorf("%s says that data has to be given up: %s; %s", n, s.Reason, s.Remedy)
	}
	return nil
}

// inspect reads all, and compares both components.
func (st *Stage) inspect(primary nodeName) error {
	return errors.Join(
		st.Pair.AwaitComplete(st.machine(primary), bringBack),
		st.Pair.CheckAcked(answerLimit),
		st.quiet(), st.Pair.CheckIdentical())
}

// quiet lets what was sent arrive, and what was written become durable.
func (st *Stage) quiet() error {
	st.world().RunFor(3 * time.Second)
	return st.world().Check()
}

// handOver lets the pair live on: a few writes, and the other node primary.
func (st *Stage) handOver(from nodeName) error {
	if err := st.touch(from); err != nil {
		return err
	}
	if err := st.inspect(from); err != nil {
		return fmt.Errorf("after writes: %w", err)
	}
	to := from.other()
	if err := st.Pair.SetRole(st.machine(from), states.RoleSecondary, false); err != nil {
		return err
	}
	if err := st.Pair.SetRole(st.machine(to), states.RolePrimary, false); err != nil {
		return err
	}
	if err := st.inspect(to); err != nil {
		return fmt.Errorf("after the failover: %w", err)
	}
	return nil
}

// touch writes a sector at either end of the device.
func (st *Stage) touch(at nodeName) error {
	c := st.Pair.Client
	for _, off := range []int64{0, st.Script.size() - simulation.SectorSize} {
		r, err := c.Do(st.machine(at), states.OpWrite, off, simulation.SectorSize, false)
		if err != nil {
			return err
		}
		if err := st.world().Run(r.Done, answerLimit); err != nil {
			return err
		}
		if r.Err() != nil {
			return fmt.Errorf("a write at %s: %w", at, r.Err())
		}
	}
	return nil
}
