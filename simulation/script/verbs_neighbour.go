package script

import (
	"slices"
	"strings"

	"hast/simulation"
)

// ofResource are the verbs that are about a resource and not about its machines or the network: they may have the
// second resource of a pair for their object.
var ofResource = []string{
	"alive", "answers", "audit", "await", "create", "disk", "expect", "flush", "load", "medium", "panic",
	"read", "renew", "resolve", "role", "trim", "write", "zero", "calm", "undisturbed",
}

// harmless are steps after which a resource has no reason to complain.
var harmless = []string{"alive", "answers", "audit", "await", "expect", "flush", "idle", "load", "note", "read", "show", "trim", "undisturbed", "until", "write", "zero"}

var neighbourVerbs = []verb{
	{name: "neighbour", usage: strings.Join(ofResource, "|") + " ...", about: "do a step with the pair's second resource, which it has with the knob resources 2", compile: compileNeighbour},
	{name: "calm", about: "from here on nothing befalls this resource; it means something in a step neighbour", compile: func(*words) act {
		return func(st *Stage) error {
			st.calm, _ = st.Pair.BeginCalm()
			return nil
		}
	}},
	{name: "undisturbed", about: "demand that nothing has befallen this resource since calm (I25), unless a step since then gave it a reason", compile: func(*words) act {
		return func(st *Stage) error {
			if st.calm == nil {
				return nil
			}
			return st.calm.Check()
		}
	}},
}

func compileNeighbour(w *words) act {
	if k, err := w.script.Values(); err == nil && k.Resources < 2 {
		w.fail("the pair has one resource; a line of the header has to say: resources 2")
		return nil
	}
	inner := Step{Verb: w.oneOf("step", ofResource...), Args: w.rest}
	w.rest = nil
	if w.err != nil {
		return nil
	}
	do, err := w.script.compile(&inner)
	if err != nil {
		w.fail("%v", err)
	}
	return func(st *Stage) error {
		first := st.Pair
		st.Pair = first.Neighbour
		st.primary, st.beside = st.beside, st.primary
		defer func() {
			st.Pair = first
			st.primary, st.beside = st.beside, st.primary
		}()
		return do(st)
	}
}

// pairs are the resources of the stage, each with its client.
func (st *Stage) pairs() []*simulation.Pair {
	if st.Pair.Neighbour == nil {
		return []*simulation.Pair{st.Pair}
	}
	return []*simulation.Pair{st.Pair, st.Pair.Neighbour}
}

// befalls notes whether a step gives the second resource a reason to complain: all that is about the machines and
// the network does, and what is about its own disks, actors and roles.
func (st *Stage) befalls(s *Step) {
	verb, own := s.Verb, false
	if verb == "neighbour" && len(s.Args) > 0 {
		verb, own = s.Args[0], true
	}
	if slices.Contains(harmless, verb) || !own && slices.Contains(ofResource, verb) {
		return
	}
	st.calm = nil
}
