package script

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"hast/simulation"
)

// auditLimit is how long each part of an audit may take: enough for a copy of the whole device over the
// slowest disks and links that a seed draws.
const auditLimit = 10 * time.Minute

// noticeTime is what a node may need to notice that its peer is gone: the longest timeout that a seed draws, and a
// keepalive.
const noticeTime = 75 * time.Second

var stormVerbs = []verb{
	{name: "panic", usage: "NODE " + strings.Join(fallible, "|") + " [after=N] [moment=N]",
		about:   "let an actor of a node fall once: in the turn after so many of its messages; moment -1 is the end of that turn, 0 its beginning, N the Nth thing that it does to the outside",
		compile: compilePanic},
	{name: "audit", about: "stop the load, and demand that all is answered, and that both hold the same or status names the remedy; then read everything",
		compile: func(*words) act { return (*Stage).audit }},
}

// fallible are the actors that may fall, as Machine.Panic names them.
var fallible = []string{"gate", "localdisk", "remotelink", "sync", "guard", "secondary", "hooks", "resource"}

func compilePanic(w *words) act {
	after, moment := 0, int64(0)
	if text, ok := w.valued("after"); ok {
		v := words{rest: []string{text}}
		if after = int(v.number("after", 1_000_000)); v.err != nil {
			w.fail("%v", v.err)
		}
	}
	if text, ok := w.valued("moment"); ok {
		var err error
		if moment, err = whole(text, -1, 1000); err != nil {
			w.fail("moment %q: allowed is -1 (the end), 0 (the beginning) or a number up to 1000", text)
		}
	}
	at := w.node()
	kind := w.oneOf("actor", fallible...)
	return func(st *Stage) error {
		st.machine(at).Panic(st.Pair.Resource(), kind, after, simulation.Moment(moment))
		return nil
	}
}

// audit is the end of a storm in which all was repaired.
func (st *Stage) audit() error {
	for _, n := range []nodeName{"a", "b"} {
		st.machine(n).CalmDown()
	}
	if err := st.Pair.Quiesce(auditLimit); err != nil {
		return fmt.Errorf("L1: %w", err)
	}
	// A secondary that has just died may still count as one that holds the same.
	st.world().RunFor(noticeTime)
	primary, ok := st.Pair.Client.At()
	if !ok {
		return st.excused("no node serves")
	}
	if err := st.Pair.AwaitComplete(primary, auditLimit); err != nil {
		if excused := st.excused("the two don't come together"); excused != nil {
			return fmt.Errorf("L4: %w; %w", err, excused)
		}
		return st.readAll()
	}
	// Under memsync and async the secondary is still at it.
	st.world().RunFor(time.Second)
	st.Pair.CheckIdle()
	if err := st.Pair.CheckIdentical(); err != nil {
		return err
	}
	return st.readAll()
}

func (st *Stage) readAll() error {
	if err := st.Pair.CheckAcked(auditLimit); err != nil {
		return fmt.Errorf("L1: %w", err)
	}
	return nil
}

// excused accepts a state of affairs that the status of a node explains, with the one act of the
// administrator that helps (L6).
func (st *Stage) excused(what string) error {
	var said []string
	for _, n := range []nodeName{"a", "b"} {
		s, err := st.Pair.Status(st.machine(n))
		if err != nil {
			said = append(said, err.Error())
			continue
		}
		if s.Remedy != "" && !byItself(s.Remedy) {
			return nil
		}
		said = append(said, fmt.Sprintf("%s is %s, link %s, status %s (%s)", n, s.Role, s.Link, s.Status, s.Reason))
	}
	return errors.New("L6: " + what + ", and no status names a remedy: " + strings.Join(said, "; "))
}
