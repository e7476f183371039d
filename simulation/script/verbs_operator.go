package script

import (
	"errors"
	"fmt"
	"time"

	"hast/states"
)

var operatorVerbs = []verb{
	{name: "role", usage: "NODE primary|secondary|init [--force] [nowait] [may-fail]",
		about: "give a node's resource a role", compile: compileRole},
	{name: "stop", usage: "NODE [may-fail]", about: "stop a node in order", compile: func(w *words) act {
		free := w.option("may-fail")
		at := w.node()
		return func(st *Stage) error { return st.refuse(st.machine(at).Shutdown(answerLimit), free) }
	}},
	{name: "serve", usage: "NODE [within TIME]", about: "start what doesn't run, make the other node secondary and this one primary, and wait until both hold the same",
		compile: func(w *words) act {
			limit := w.within(answerLimit)
			at := w.node()
			return func(st *Stage) error { return st.serve(at, limit) }
		}},
	{name: "resolve", usage: "NODE keep-mine|discard-mine [may-fail]",
		about: "end a split-brain as hastctl resolve does, which has asked already", compile: func(w *words) act {
			free := w.option("may-fail")
			at := w.node()
			how := map[string]states.Resolution{"keep-mine": states.KeepMine, "discard-mine": states.DiscardMine}[w.oneOf("way", "keep-mine", "discard-mine")]
			return func(st *Stage) error {
				a, ok := st.machine(at).Resolve(st.Pair.Resource(), how, answerLimit)
				if !ok {
					return st.refuse(errors.New("resolve has no answer"), free)
				}
				if a.Unknown || a.Reason != "" {
					return st.refuse(fmt.Errorf("resolve: %s; %s", a.Reason, a.Remedy), free)
				}
				return nil
			}
		}},
	{name: "reload", usage: "NODE mode|compression|checksum|timeout|async-time|async-bound|metaflush|workers VALUE | listen|remote ADDRESS|usual | resource on|off",
		about: "change a line of hast.conf, and have a node read it anew; the other one reads it when it starts. Addresses, and whether the resource is there at all, are of that node only",
		compile: func(w *words) act {
			at := w.node()
			name := w.oneOf("knob", "mode", "compression", "checksum", "timeout", "async-time", "async-bound", "metaflush", "workers", "listen", "remote", "resource")
			value := w.next("value of " + name)
			if name == "listen" || name == "remote" || name == "resource" {
				return func(st *Stage) error { return st.Pair.ReloadPlace(st.machine(at), name, value) }
			}
			return func(st *Stage) error { return st.Pair.Reload(st.machine(at), name, value) }
		}},
	{name: crashVerb, usage: "{", block: true,
		about:   "steps of which each event is a crash point in exhaustive mode; else they are just carried out",
		compile: func(*words) act { return func(*Stage) error { return nil } }},
}

// crashVerb is the step that holds what a death may interrupt.
const crashVerb = "crash-everywhere"

func compileRole(w *words) act {
	free, force, nowait := w.option("may-fail"), w.option("--force"), w.option("nowait")
	at := w.node()
	word := w.oneOf("role", "primary", "secondary", "init")
	role, _ := states.ParseRole(word)
	return func(st *Stage) error {
		m := st.machine(at)
		if !m.Running() {
			return st.refuse(fmt.Errorf("no node runs at %s", at), free)
		}
		before := st.primary
		if role == states.RolePrimary {
			st.primary = at
		}
		r := m.Ask(st.Pair.Resource(), role, force)
		a := &ask{what: fmt.Sprintf("role %s at %s", word, at), free: free, done: r.Done, err: r.Err}
		if nowait {
			st.pending = append(st.pending, a)
			return nil
		}
		err := st.await(a, answerLimit)
		if st.refused != nil {
			st.counters.Refused++
			st.primary = before
		}
		return err
	}
}

// serve brings the pair into service.
func (st *Stage) serve(at nodeName, limit time.Duration) error {
	st.primary = at
	for _, n := range []nodeName{at, at.other()} {
		if m := st.machine(n); !m.Running() {
			if err := st.Pair.Start(m); err != nil {
				return err
			}
		}
	}
	return errors.Join(
		st.Pair.SetRole(st.machine(at.other()), states.RoleSecondary, false),
		st.Pair.SetRole(st.machine(at), states.RolePrimary, false),
		st.Pair.AwaitComplete(st.machine(at), limit))
}
