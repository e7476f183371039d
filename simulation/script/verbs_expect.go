package script

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"hast/actors"
	"hast/simulation"
	"hast/states"
)

var expectVerbs = []verb{
	{name: "await", usage: "NODE " + statusUsage + " [within TIME] [may-fail]",
		about: "let time pass until a node's status is so", compile: compileAwait},
	{name: "until", usage: strings.Join(passive, "|") + " ... [within TIME]",
		about: "let time pass, step by step, until an expectation of the components or of an answer comes true", compile: compileUntil},
	{name: "expect", usage: "WHAT ...",
		about: "demand something of this moment: " + expectUsage(), compile: compileExpect},
	{name: "show", about: "print both nodes' state; the lines below it are what it has to print", prints: true, compile: func(*words) act {
		return func(st *Stage) error {
			return st.print(st.line("a"), st.line("b"))
		}
	}},
}

const statusUsage = "complete|degraded|FIELD VALUE|FIELD ~PATTERN ..."

// fields are what can be asked of a status.
var fields = []struct {
	name string
	get  func(s *actors.Status) string
}{
	{"role", func(s *actors.Status) string { return s.Role }},
	{"state", func(s *actors.Status) string { return s.State }},
	{"reason", func(s *actors.Status) string { return s.Reason }},
	{"remedy", func(s *actors.Status) string { return s.Remedy }},
	{"link", func(s *actors.Status) string { return s.Link }},
	{"link-reason", func(s *actors.Status) string { return s.LinkReason }},
	{"verdict", func(s *actors.Status) string { return s.Verdict }},
	{"fitness", func(s *actors.Status) string { return s.Unfit }},
	{"sync", func(s *actors.Status) string { return s.Sync.State }},
	{"sessions", func(s *actors.Status) string { return strconv.FormatUint(s.Stats.Sessions, 10) }},
	{"device", func(s *actors.Status) string { return map[bool]string{true: "no", false: "yes"}[s.Device == ""] }},
}

// demand is a condition on a status.
type demand func(s *actors.Status) error

// demands takes conditions on a status until the words end.
func (w *words) demands() []demand {
	var list []demand
	for w.err == nil && (len(w.rest) > 0 || list == nil) {
		names := []string{"complete", "degraded"}
		for _, f := range fields {
			names = append(names, f.name)
		}
		switch name := w.oneOf("condition", names...); name {
		case "complete", "degraded":
			list = append(list, func(s *actors.Status) error {
				if s.Status != name || name == "complete" && s.Sync.Remaining > 0 {
					return fmt.Errorf("status is %q (%s), %d bytes to be copied", s.Status, s.Reason, s.Sync.Remaining)
				}
				return nil
			})
		default:
			list = append(list, w.fieldDemand(name))
		}
	}
	return list
}

func (w *words) fieldDemand(name string) demand {
	ok := w.pattern("value of " + name)
	return func(s *actors.Status) error {
		for _, f := range fields {
			if v := f.get(s); f.name == name && !ok(v) {
				return fmt.Errorf("%s is %q", name, v)
			}
		}
		return nil
	}
}

// pattern takes a value: a word to be equal to, or ~ and a regular expression to be matched.
func (w *words) pattern(what string) func(string) bool {
	word := w.next(what)
	text, isPattern := strings.CutPrefix(word, "~")
	if !isPattern {
		return func(v string) bool { return v == word }
	}
	re, err := regexp.Compile(text)
	if err != nil {
		w.fail("%s %q is no regular expression: %v", what, text, err)
		return nil
	}
	return re.MatchString
}

func meets(s *actors.Status, list []demand) error {
	var errs []error
	for _, d := range list {
		if err := d(s); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func compileAwait(w *words) act {
	free, limit := w.option("may-fail"), w.within(answerLimit)
	at := w.node()
	list := w.demands()
	return func(st *Stage) error {
		end := st.world().Now() + limit
		for {
			s, err := st.Pair.Status(st.machine(at))
			if err == nil {
				err = meets(&s, list)
			}
			if err == nil || st.world().Stopped() {
				return nil
			}
			if st.world().Now() >= end || !st.machine(at).Running() {
				if free || st.Script.Lenient {
					return nil
				}
				return fmt.Errorf("after %v: %w", limit, err)
			}
			st.world().RunFor(20 * time.Millisecond)
		}
	}
}

// expectations are what expect knows, by their first word.
var expectations = []verb{
	{name: "refused", usage: "[~PATTERN]", compile: expectRefused},
	{name: "verdict", usage: "VERDICT", compile: expectVerdict},
	{name: "status", usage: "NODE " + statusUsage, compile: func(w *words) act {
		at := w.node()
		list := w.demands()
		return func(st *Stage) error {
			s, err := st.Pair.Status(st.machine(at))
			if err != nil {
				return err
			}
			return meets(&s, list)
		}
	}},
	{name: "read", usage: "NODE OFFSET LENGTH = NAME[|NAME...]", compile: expectRead},
	{name: "has", usage: "NODE OFFSET LENGTH = NAME[|NAME...]", compile: expectImage((*simulation.Pair).Data)},
	{name: "keeps", usage: "NODE OFFSET LENGTH = NAME[|NAME...]", compile: expectImage((*simulation.Pair).DurableData)},
	{name: "lacks", usage: "NODE OFFSET LENGTH = NAME", compile: expectLacks},
	{name: "answered", usage: "NAME", compile: expectAnswered(true)},
	{name: "unanswered", usage: "NAME", compile: expectAnswered(false)},
	{name: "link", usage: "NODE STATE", compile: expectGlance(func(g *actors.Glance) states.State { return g.Link })},
	{name: "sync", usage: "NODE STATE", compile: expectGlance(func(g *actors.Glance) states.State { return g.Sync })},
	{name: "role", usage: "NODE STATE", compile: expectGlance(func(g *actors.Glance) states.State { return g.Role })},
	{name: "copied", usage: "NODE =|<= BYTES", compile: expectCopied},
	{name: "device", usage: "NODE yes|no", compile: expectDevice},
	{name: "counters", usage: "NODE LOCALCNT REMOTECNT", compile: func(w *words) act {
		at, l, r := w.node(), w.number("localcnt", 1<<62), w.number("remotecnt", 1<<62)
		return onRecord(at, func(rec *states.Record) error {
			if int64(rec.LocalCnt) != l || int64(rec.RemoteCnt) != r {
				return fmt.Errorf("counters are %d and %d", rec.LocalCnt, rec.RemoteCnt)
			}
			return nil
		})
	}},
	{name: "unfit", usage: "NODE fit|outdated|inconsistent", compile: func(w *words) act {
		at, ok := w.node(), w.pattern("fitness")
		return onRecord(at, func(rec *states.Record) error {
			if !ok(rec.Unfit.String()) {
				return fmt.Errorf("the record says %v", rec.Unfit)
			}
			return nil
		})
	}},
	{name: "clean", usage: "NODE yes|no", compile: func(w *words) act {
		at, want := w.node(), w.oneOf("answer", "yes", "no") == "yes"
		return onRecord(at, func(rec *states.Record) error {
			if (rec.Unclean == 0) != want {
				return fmt.Errorf("what the record says of an unclean end is %d", rec.Unclean)
			}
			return nil
		})
	}},
	{name: "dirty", usage: "NODE =|<= EXTENTS", compile: expectDirty},
	{name: "identical", compile: func(*words) act { return func(st *Stage) error { return st.Pair.CheckIdentical() } }},
	{name: "durable", compile: func(*words) act { return func(st *Stage) error { return st.Pair.CheckDurable() } }},
}

func expectUsage() string {
	var list []string
	for i := range expectations {
		list = append(list, strings.TrimSpace(expectations[i].name+" "+expectations[i].usage))
	}
	return strings.Join(list, "; ")
}

func compileExpect(w *words) act {
	var names []string
	for i := range expectations {
		names = append(names, expectations[i].name)
	}
	name := w.oneOf("expectation", names...)
	for i := range expectations {
		if e := &expectations[i]; e.name == name && w.err == nil {
			return e.compile(w)
		}
	}
	return nil
}

// expectsRefusal reports whether a step takes what the one before it was refused with.
func expectsRefusal(s *Step) bool {
	return s.Verb == "expect" && len(s.Args) > 0 && s.Args[0] == "refused"
}

func expectRefused(w *words) act {
	ok := func(string) bool { return true }
	if w.peek() != "" {
		ok = w.pattern("reason")
	}
	return func(st *Stage) error {
		switch {
		case st.refused == nil:
			return errors.New("the request or command before it was not refused")
		case !ok(st.refused.Error()):
			return fmt.Errorf("it was refused with another reason: %w", st.refused)
		}
		return nil
	}
}

func expectVerdict(w *words) act {
	ok := w.pattern("verdict")
	return func(st *Stage) error {
		seen := false
		for _, n := range []nodeName{"a", "b"} {
			if !st.machine(n).Running() {
				continue
			}
			s, err := st.Pair.Status(st.machine(n))
			if err != nil {
				return err
			}
			if s.Verdict != "" && !ok(s.Verdict) {
				return fmt.Errorf("%s says %q", n, s.Verdict)
			}
			seen = seen || s.Verdict != ""
		}
		if !seen {
			return errors.New("no node has a verdict")
		}
		return nil
	}
}

func onRecord(at nodeName, check func(rec *states.Record) error) act {
	return func(st *Stage) error {
		rec, err := st.Pair.DurableRecord(st.machine(at))
		if err != nil {
			return err
		}
		return check(&rec)
	}
}

func expectDirty(w *words) act {
	at := w.node()
	relation := w.oneOf("relation", "=", "<=")
	want := w.number("extents", 1<<31)
	return func(st *Stage) error {
		n := st.Pair.DurableDirty(st.machine(at))
		if int64(n) != want && (relation == "=" || int64(n) > want) {
			return fmt.Errorf("%d extents are dirty in the durable map", n)
		}
		return nil
	}
}

// passive are the expectations that look without a turn of anybody.
var passive = []string{"counters", "unfit", "dirty", "has", "keeps", "lacks", "answered", "device", "link", "sync", "role"}

func compileUntil(w *words) act {
	limit := w.within(answerLimit)
	w.oneOf("condition", passive...)
	if w.err != nil {
		return nil
	}
	w.rest = append([]string{w.taken}, w.rest...)
	check := compileExpect(w)
	return func(st *Stage) error {
		if err := st.world().Run(func() bool { return check(st) == nil }, limit); err != nil {
			return errors.Join(fmt.Errorf("not within %v", limit), check(st))
		}
		return nil
	}
}

// expectImage demands what lies in one of a component's images.
func expectImage(image func(*simulation.Pair, *simulation.Machine) []byte) func(w *words) act {
	return func(w *words) act {
		at := w.node()
		off, n := w.area()
		names := w.names()
		return func(st *Stage) error { return st.holds(image(st.Pair, st.machine(at))[off:off+n], names) }
	}
}

// expectLacks demands that no sector of a range of a component holds a write.
func expectLacks(w *words) act {
	at := w.node()
	off, n := w.area()
	names := w.names()
	return func(st *Stage) error {
		data := st.Pair.Data(st.machine(at))[off : off+n]
		for i := 0; i < len(data); i += simulation.SectorSize {
			if st.holds(data[i:i+simulation.SectorSize], names) == nil {
				return fmt.Errorf("sector %d holds it", i/simulation.SectorSize)
			}
		}
		return nil
	}
}

func expectAnswered(yes bool) func(w *words) act {
	return func(w *words) act {
		name := w.next("name of a write")
		return func(st *Stage) error {
			r := st.writes[name]
			switch {
			case r == nil:
				return fmt.Errorf("no write is called %q", name)
			case !yes && r.Done():
				return fmt.Errorf("%s is answered", name)
			case yes && !r.Done():
				return fmt.Errorf("%s has no answer", name)
			case yes && r.Err() != nil:
				return fmt.Errorf("%s failed: %w", name, r.Err())
			}
			return nil
		}
	}
}

func expectCopied(w *words) act {
	at := w.node()
	relation := w.oneOf("relation", "=", "<=")
	want := w.size("bytes")
	return func(st *Stage) error {
		s, err := st.Pair.Status(st.machine(at))
		if err != nil {
			return err
		}
		if n := int64(s.Sync.Total); n != want && (relation == "=" || n > want) {
			return fmt.Errorf("%d bytes were copied", n)
		}
		return nil
	}
}

// expectGlance demands where one of a node's machines stands, seen from outside.
func expectGlance(which func(*actors.Glance) states.State) func(w *words) act {
	return func(w *words) act {
		at, ok := w.node(), w.pattern("state")
		return func(st *Stage) error {
			g, running := st.Pair.Glance(st.machine(at))
			if at := string(which(&g)); !running || !ok(at) {
				return fmt.Errorf("it is %q", at)
			}
			return nil
		}
	}
}

func expectDevice(w *words) act {
	at, want := w.node(), w.oneOf("answer", "yes", "no")
	return func(st *Stage) error {
		m, ok := st.Pair.Client.At()
		if shown := ok && m == st.machine(at); shown != (want == "yes") {
			return fmt.Errorf("the client has a device at %s: %v", at, shown)
		}
		return nil
	}
}

// names takes what a range shall hold.
func (w *words) names() []string {
	if w.next(`"="`) != "=" {
		w.fail(`"=" is missing`)
	}
	return strings.Split(w.next("name of a write, zero or initial"), "|")
}

func expectRead(w *words) act {
	at := w.node()
	off, n := w.area()
	names := w.names()
	return func(st *Stage) error {
		r, err := st.Pair.Client.Do(st.machine(at), states.OpRead, off, n, false)
		if err != nil {
			return err
		}
		if err := st.world().Run(r.Done, answerLimit); err != nil {
			return err
		}
		if r.Err() != nil {
			return r.Err()
		}
		return st.holds(r.Data(), names)
	}
}

// holds reports a sector that holds none of the named writes.
func (st *Stage) holds(data []byte, names []string) error {
	for at := 0; at < len(data); at += simulation.SectorSize {
		gen, zero, whole := simulation.Stamp(data[at : at+simulation.SectorSize])
		found := false
		for _, name := range names {
			switch w := st.writes[name]; {
			case name == "zero":
				found = found || zero
			case name == "initial":
				found = found || whole && gen == 0 && !zero
			case w == nil:
				return fmt.Errorf("no write is called %q", name)
			default:
				found = found || whole && w.Gen != 0 && gen == w.Gen
			}
		}
		if !found {
			return fmt.Errorf("sector %d holds %s", at/simulation.SectorSize, st.nameOf(gen, zero, whole))
		}
	}
	return nil
}

func (st *Stage) nameOf(gen uint64, zero, whole bool) string {
	switch {
	case !whole:
		return "a torn sector"
	case zero:
		return "zeroes"
	case gen == 0:
		return "what no client wrote"
	}
	return fmt.Sprintf("write %d", gen)
}

// line says in one line how a node stands.
func (st *Stage) line(n nodeName) string {
	m := st.machine(n)
	rec, err := st.Pair.DurableRecord(m)
	record := fmt.Sprintf("L %d R %d %v dirty %d", rec.LocalCnt, rec.RemoteCnt, rec.Unfit, st.Pair.DurableDirty(m))
	if err != nil {
		record = "no metadata"
	}
	if !m.Running() {
		return fmt.Sprintf("%s down, %s", n, record)
	}
	s, err := st.Pair.Status(m)
	if err != nil {
		return fmt.Sprintf("%s %v, %s", n, err, record)
	}
	return fmt.Sprintf("%s %s/%s %s, link %s, verdict %s, %s", n, s.Role, s.State, orNone(s.Status), s.Link, orNone(s.Verdict), record)
}

func orNone(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
