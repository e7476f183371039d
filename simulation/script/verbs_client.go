package script

import (
	"fmt"
	"time"

	"hast/simulation"
	"hast/states"
)

// answerLimit is how long a script waits for an answer before it goes on without it.
const answerLimit = 3 * time.Minute

var clientVerbs = []verb{
	{name: "write", usage: "NODE OFFSET LENGTH [NAME] [fua] [nowait] [may-fail]",
		about: "write to the device at a node; NAME is what expect read calls the data", compile: compileRequest(states.OpWrite)},
	{name: "read", usage: "NODE OFFSET LENGTH [nowait] [may-fail]",
		about: "read from the device at a node", compile: compileRequest(states.OpRead)},
	{name: "trim", usage: "NODE OFFSET LENGTH [nowait] [may-fail]",
		about: "discard a range of the device", compile: compileRequest(states.OpDelete)},
	{name: "zero", usage: "NODE OFFSET LENGTH [nowait] [may-fail]",
		about: "write zeroes to a range of the device", compile: compileRequest(states.OpZero)},
	{name: "flush", usage: "NODE [nowait] [may-fail]",
		about: "make durable what was answered", compile: compileRequest(states.OpFlush)},
	{name: "answers", usage: "[within TIME] [may-fail]",
		about: "wait until all requests and commands under way are answered", compile: compileAnswers},
	{name: "load", usage: "TIME|on|off [pause=TIME] [sectors=N] [outstanding=N] [only=writes]",
		about: "let a client make requests at random, for a while or until off", compile: compileLoad},
	{name: "idle", usage: "TIME", about: "let time pass", compile: func(w *words) act {
		d := w.duration("time")
		return func(st *Stage) error {
			st.world().RunFor(d)
			return nil
		}
	}},
	{name: "note", usage: "TEXT", about: "put a line into the trace", compile: func(w *words) act {
		text := w.next("text")
		return func(st *Stage) error {
			st.world().Note(text)
			return nil
		}
	}},
}

// compileRequest makes the compiler of a verb that asks one thing of a device.
func compileRequest(op states.Op) func(w *words) act {
	return func(w *words) act {
		free, nowait, fua := w.option("may-fail"), w.option("nowait"), op == states.OpWrite && w.option("fua")
		at := w.node()
		var off, n int64
		if op != states.OpFlush {
			off, n = w.area()
		}
		name := ""
		if op == states.OpWrite && w.peek() != "" {
			name = w.next("name")
		}
		return func(st *Stage) error {
			r, err := st.Pair.Client.Do(st.machine(at), op, off, n, fua)
			if err != nil {
				return st.refuse(err, free)
			}
			if name != "" {
				st.writes[name] = r
			}
			a := &ask{what: fmt.Sprintf("%v %d+%d at %s", op, off, n, at), free: free, done: r.Done, err: r.Err}
			if nowait {
				st.pending = append(st.pending, a)
				return nil
			}
			return st.await(a, answerLimit)
		}
	}
}

// await lets the world go on until something is answered.
func (st *Stage) await(a *ask, limit time.Duration) error {
	if err := st.world().Run(a.done, limit); err != nil {
		st.pending = append(st.pending, a)
		return st.refuse(fmt.Errorf("%s has no answer: %w", a.what, err), a.free)
	}
	return st.refuse(a.err(), a.free)
}

func compileAnswers(w *words) act {
	free := w.option("may-fail")
	limit := w.within(answerLimit)
	return func(st *Stage) error {
		list := st.pending
		st.pending = nil
		var first error
		for _, a := range list {
			a.free = a.free || free
			if err := st.await(a, limit); err != nil && first == nil {
				first = err
			}
		}
		if err := st.world().Run(func() bool { return st.Pair.Client.Idle() || st.Pair.Client.Running() }, limit); err != nil && first == nil {
			first = st.refuse(fmt.Errorf("the client's requests have no answer: %w", err), free)
		}
		return first
	}
}

// within takes an option of two words, "within 5s".
func (w *words) within(usual time.Duration) time.Duration {
	for i, word := range w.rest {
		if word == "within" {
			tail := words{rest: w.rest[i+1:]}
			d := tail.duration("time")
			if tail.err != nil {
				w.fail("%v", tail.err)
			}
			w.rest = append(append([]string(nil), w.rest[:i]...), tail.rest...)
			return d
		}
	}
	return usual
}

func compileLoad(w *words) act {
	var pause time.Duration
	var sectors, outstanding int64
	for _, o := range []struct {
		name string
		take func(*words)
	}{
		{"pause", func(v *words) { pause = v.duration("pause") }},
		{"sectors", func(v *words) { sectors = v.number("sectors", 1<<20) }},
		{"outstanding", func(v *words) { outstanding = v.number("outstanding", 1024) }},
	} {
		if text, ok := w.valued(o.name); ok {
			v := words{rest: []string{text}}
			if o.take(&v); v.err != nil {
				w.fail("%v", v.err)
			}
		}
	}
	only, isOnly := w.valued("only")
	if isOnly && only != "writes" {
		w.fail("only=%s: allowed is only=writes", only)
	}
	word := w.peek()
	var d time.Duration
	if word == "on" || word == "off" {
		w.next("word")
	} else {
		d = w.duration("time, on or off")
	}
	return func(st *Stage) error {
		c := st.Pair.Client
		tune(c, pause, sectors, outstanding, isOnly)
		switch word {
		case "on":
			c.Start()
		case "off":
			c.Stop()
		default:
			c.Start()
			st.world().RunFor(d)
			c.Stop()
		}
		return nil
	}
}

// tune sets what a load was given; zero leaves a thing as it is.
func tune(c *simulation.Client, pause time.Duration, sectors, outstanding int64, onlyWrites bool) {
	if pause > 0 {
		c.Pause = pause
	}
	if sectors > 0 {
		c.Sectors = min(sectors, c.Sectors)
	}
	if outstanding > 0 {
		c.Outstanding = int(outstanding)
	}
	if onlyWrites {
		c.Reads, c.Trims, c.Zeroes, c.Flushes = 0, 0, 0, 0
	}
}
