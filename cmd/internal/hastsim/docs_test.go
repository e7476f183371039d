package hastsim

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"hast/simulation/campaign"
	"hast/simulation/script"
)

// TestDocs: the commands and the script that docs/simulation.md shows are understood, and the script passes.
func TestDocs(t *testing.T) {
	text, err := os.ReadFile("../../../docs/simulation.md")
	if err != nil {
		t.Fatal(err)
	}
	commands := 0
	var story []string
	for _, line := range strings.Split(string(text), "\n") {
		block, ok := strings.CutPrefix(line, "    ")
		switch {
		case ok && strings.HasPrefix(block, "hastsim "):
			commands++
			command, _, _ := strings.Cut(block, "   ")
			var out, errs bytes.Buffer
			// The usage is told only if the words before are understood.
			if code := Main(append(strings.Fields(command)[1:], "--help"), &out, &errs); code != 0 {
				t.Errorf("%s: exit code %d: %s", command, code, errs.String())
			}
		case ok && strings.HasPrefix(block, "seed "), ok && story != nil && !strings.HasPrefix(story[len(story)-1], "audit"):
			story = append(story, block)
		case line == "" && story != nil && !strings.HasPrefix(story[len(story)-1], "audit"):
			story = append(story, "")
		}
	}
	if commands < 10 || len(story) < 15 {
		t.Fatalf("the page shows %d commands and a script of %d lines; did its layout change?", commands, len(story))
	}
	s, err := script.Parse("docs/simulation.md", []byte(strings.Join(story, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	if r := campaign.Play(s, campaign.Options{}); r.Failed() {
		t.Errorf("%s\n%s", r.Line(), r.Tail)
	}
}
