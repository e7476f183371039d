package script

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"hast/simulation"
)

var networkVerbs = []verb{
	{name: "cut", usage: "[a->b|b->a]", about: "let nothing pass between the nodes, or one way", compile: func(w *words) act {
		return oneWay(w, func(st *Stage) { st.Pair.Cut() }, func(st *Stage, from nodeName) { st.Pair.CutFrom(st.machine(from)) })
	}},
	{name: "heal", usage: "[a->b|b->a]", about: "let everything pass again", compile: func(w *words) act {
		return oneWay(w, func(st *Stage) { st.Pair.Heal() }, healOneWay)
	}},
	{name: "hold", usage: "a->b|b->a", about: "hold back the bytes of one direction until release", compile: func(w *words) act {
		from := w.way()
		return func(st *Stage) error {
			st.Pair.CutFrom(st.machine(from))
			return nil
		}
	}},
	{name: "release", usage: "[a->b|b->a]", about: "let go what hold holds back", compile: func(w *words) act {
		return oneWay(w, func(st *Stage) { st.Pair.Heal() }, healOneWay)
	}},
	{name: "reset", about: "break all connections between the nodes", compile: func(*words) act {
		return func(st *Stage) error {
			st.Pair.Reset()
			return nil
		}
	}},
}

func healOneWay(st *Stage, from nodeName) {
	st.world().HealOneWay(st.machine(from), st.machine(from.other()))
}

// oneWay compiles a verb that acts on both directions or, with a word, on one.
func oneWay(w *words, both func(*Stage), one func(*Stage, nodeName)) act {
	if w.peek() == "" {
		return func(st *Stage) error {
			both(st)
			return nil
		}
	}
	from := w.way()
	return func(st *Stage) error {
		one(st, from)
		return nil
	}
}

var machineVerbs = []verb{
	{name: "start", usage: "NODE", about: "start a node that doesn't run; it takes no role", compile: machineAct(func(st *Stage, m *simulation.Machine) error {
		if m.Running() {
			return nil
		}
		return st.Pair.Start(m)
	})},
	{name: "kill", usage: "NODE [keep=none|all|only:N,...|but:N,...]",
		about: "end a node as SIGKILL does; keep says which sectors the kernel still writes that were under way", compile: compileKill},
	{name: "pause", usage: "NODE", about: "stop a node as SIGSTOP does", compile: machineAct(func(_ *Stage, m *simulation.Machine) error {
		m.Pause()
		return nil
	})},
	{name: "continue", usage: "NODE", about: "end a pause", compile: machineAct(func(_ *Stage, m *simulation.Machine) error {
		m.Continue()
		return nil
	})},
	{name: "wake", usage: "NODE", about: "end a sleep", compile: machineAct(func(_ *Stage, m *simulation.Machine) error {
		m.Wake()
		return nil
	})},
	{name: "power", usage: "NODE [keep=" + keepWords + "] [ruin=PERCENT]",
		about: "cut a node's power; keep says which sectors outlive it that are not durable or under way, counted among themselves from 0; ruin, how many of those under way become unreadable", compile: compilePower},
	{name: "snapshot", usage: "NODE [NAME]", about: "remember a node's component", compile: func(w *words) act {
		at, name := w.node(), imageName(w)
		return func(st *Stage) error {
			st.images[string(at)+" "+name] = st.disk(at).Image()
			return nil
		}
	}},
	{name: "restore", usage: "NODE [NAME] [may-fail]", about: "put a remembered component back under a node that doesn't run", compile: func(w *words) act {
		free := w.option("may-fail")
		at, name := w.node(), imageName(w)
		return func(st *Stage) error {
			image, ok := st.images[string(at)+" "+name]
			if !ok {
				return st.refuse(errors.New("there is no such snapshot"), free)
			}
			return st.refuse(st.disk(at).Restore(image), free)
		}
	}},
}

func imageName(w *words) string {
	if w.peek() == "" {
		return ""
	}
	return w.next("name")
}

func (st *Stage) disk(n nodeName) *simulation.Platter { return st.Pair.Disk(st.machine(n)) }

func machineAct(do func(st *Stage, m *simulation.Machine) error) func(w *words) act {
	return func(w *words) act {
		at := w.node()
		return func(st *Stage) error { return do(st, st.machine(at)) }
	}
}

func compilePower(w *words) act {
	text, given := w.valued("keep")
	ruin := 0
	if word, ok := w.valued("ruin"); ok {
		v := words{rest: []string{word}}
		if ruin = int(v.number("ruin", 100)); v.err != nil {
			w.fail("%v", v.err)
		}
	}
	at := w.node()
	kept := simulation.KeptDrawn
	var keep func(int) bool
	if given && text != "p" {
		var err error
		if kept, err = simulation.ParseKept(text); err != nil {
			if keep, err = parseKeep(text); err != nil {
				w.fail("%v", err)
			}
		}
	}
	return func(st *Stage) error {
		if keep == nil {
			st.machine(at).PowerCut(kept, ruin)
		} else {
			st.machine(at).PowerKeep(st.among(at, true, keep))
		}
		return nil
	}
}

func compileKill(w *words) act {
	text, given := w.valued("keep")
	at := w.node()
	keep, err := parseKeep(text)
	if given && err != nil {
		w.fail("%v", err)
	}
	return func(st *Stage) error {
		if given {
			st.machine(at).KillKeep(st.among(at, false, keep))
		} else {
			st.machine(at).Kill()
		}
		return nil
	}
}

// among turns a choice among the sectors that are uncertain now into one among all.
func (st *Stage) among(at nodeName, powerCut bool, keep func(int) bool) simulation.Keep {
	uncertain := st.disk(at).Uncertain(powerCut)
	return func(sector int64) bool { return keep(slices.Index(uncertain, sector)) }
}

// keepWords are what a power cut may keep.
const keepWords = "none|all|p|half|few|most|all-but-one|newest|oldest|only:N,...|but:N,..."

// parseKeep reads what a power cut keeps; its result is asked with a sector's place among those that are
// uncertain, -1 for those that are not.
func parseKeep(text string) (func(i int) bool, error) {
	kind, list, _ := strings.Cut(text, ":")
	var places []int
	if list != "" {
		for _, word := range strings.Split(list, ",") {
			n, err := strconv.Atoi(word)
			if err != nil || n < 0 {
				return nil, errKeep
			}
			places = append(places, n)
		}
	}
	switch {
	case kind == "only" && places != nil:
		return func(i int) bool { return slices.Contains(places, i) }, nil
	case kind == "but" && places != nil:
		return func(i int) bool { return !slices.Contains(places, i) }, nil
	case list != "":
		return nil, errKeep
	case kind == "none":
		return func(int) bool { return false }, nil
	case kind == "all":
		return func(int) bool { return true }, nil
	}
	return nil, errKeep
}

var errKeep = errors.New("keep: allowed is none, all, only:0,2 or but:0,2 (numbers among the sectors that are uncertain); for a power cut also p, half, few, most, all-but-one, newest, oldest")
