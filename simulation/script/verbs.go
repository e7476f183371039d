package script

import (
	"fmt"
	"slices"
	"strings"
)

// verb is a word that a step may begin with.
type verb struct {
	name  string
	usage string // the words behind it
	about string // what it does, in a few words
	// prints: lines of expected output may stand below; block: steps stand inside.
	prints, block bool
	// compile checks the words and returns what carries them out. It is done when a text is read, and
	// again when the step is.
	compile func(w *words) act
}

// act does one step. An error is what the script calls a failure.
type act func(st *Stage) error

// verbs is the language, sorted by name. The files verbs_*.go hold its parts.
var verbs []verb

func init() {
	verbs = slices.Concat(clientVerbs, networkVerbs, machineVerbs, diskVerbs, operatorVerbs, expectVerbs, stormVerbs, faultVerbs, neighbourVerbs)
	slices.SortFunc(verbs, func(a, b verb) int { return strings.Compare(a.name, b.name) })
}

func findVerb(name string) *verb {
	for i := range verbs {
		if verbs[i].name == name {
			return &verbs[i]
		}
	}
	return nil
}

// Usage lists all verbs: each one's words, and what it does.
func Usage() [][2]string {
	list := make([][2]string, 0, len(verbs))
	for i := range verbs {
		v := &verbs[i]
		list = append(list, [2]string{strings.TrimSpace(v.name + " " + v.usage), v.about})
	}
	return list
}

func verbNames(which func(*verb) bool) string {
	var list []string
	for i := range verbs {
		if which(&verbs[i]) {
			list = append(list, verbs[i].name)
		}
	}
	return strings.Join(list, ", ")
}

func printing() string { return verbNames(func(v *verb) bool { return v.prints }) }

// check finds what is wrong with a step, its block aside.
func (s *Script) check(st *Step) error {
	_, err := s.compile(st)
	return err
}

func (s *Script) compile(st *Step) (act, error) {
	v := findVerb(st.Verb)
	switch {
	case v == nil && knobKnown(st.Verb):
		return nil, fmt.Errorf("%s belongs in front of the first step", st.Verb)
	case v == nil:
		return nil, fmt.Errorf("unknown verb %q; there are %s", st.Verb, verbNames(func(*verb) bool { return true }))
	case v.block != (st.Block != nil) && v.block:
		return nil, fmt.Errorf("%s needs a block: its line ends with {", st.Verb)
	case v.block != (st.Block != nil):
		return nil, fmt.Errorf("%s takes no block", st.Verb)
	}
	w := &words{script: s, rest: st.Args}
	do := v.compile(w)
	if err := w.end(); err != nil {
		return nil, fmt.Errorf("%w; the step is: %s", err, strings.TrimSpace(st.Verb+" "+v.usage))
	}
	return do, nil
}
