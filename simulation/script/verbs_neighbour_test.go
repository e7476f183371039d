package script

import (
	"strings"
	"testing"
)

// TestNeighbourSteps: a step neighbour is one of the second resource, and needs one.
func TestNeighbourSteps(t *testing.T) {
	const opening = "start a\nstart b\nrole b secondary\nrole a primary\nneighbour role a secondary\nneighbour role b primary\nneighbour await b complete\nawait a complete\n"
	run := func(text string) (*Stage, Outcome) {
		t.Helper()
		s, err := Parse("text", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		st, err := NewStage(s, Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(st.Close)
		for _, step := range s.Steps {
			if st.Do(step) != nil {
				break
			}
		}
		return st, st.Outcome()
	}
	st, o := run("seed 1\nresources 2\n" + opening + "neighbour write b 0 4k\nneighbour read b 0 4k\nneighbour audit\naudit\n")
	if err := o.Err(); err != nil {
		t.Error(err)
	}
	// The audits read 2048 sectors in pieces of 128; the second resource has a write and a read besides.
	if first, second := st.Pair.Client.Answered(), st.Pair.Neighbour.Client.Answered(); first == 0 || second != first+2 {
		t.Errorf("the first resource answered %d requests, the second one %d", first, second)
	}

	if st, _ = run("seed 1\ntimeout 60s\nresources 2\n" + opening + "neighbour calm\ndisk a stuck\nrole a init\n"); st.calm == nil {
		t.Error("the second resource is excused by what befalls the first one")
	}
	for _, reason := range []string{"neighbour role a init", "neighbour disk a stuck", "cut", "kill a", "reset"} {
		if st, _ = run("seed 1\ntimeout 60s\nresources 2\n" + opening + "neighbour calm\n" + reason + "\n"); st.calm != nil {
			t.Errorf("after %q the second resource has a reason to complain", reason)
		}
	}

	for text, want := range map[string]string{
		"seed 1\nneighbour role a primary\n":                "resources 2",
		"seed 1\nresources 2\nneighbour kill a\n":           "unknown step",
		"seed 1\nresources 2\nneighbour role c primary\n":   "unknown node",
		"seed 1\nresources 2\nneighbour\n":                  "missing",
		"seed 1\nresources 3\nstart a\n":                    "from 1 to 2",
		"seed 1\nresources 2\nneighbour neighbour role a\n": "unknown step",
	} {
		if _, err := Parse("text", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
