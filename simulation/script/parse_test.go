package script

import (
	"strings"
	"testing"
)

const story = `# A comment.
seed 7
mode memsync
extent 8

serve a
write a 0 4k g1 # behind a step
+20ms cut a->b
load 5ms pause=50us only=writes
await b degraded reason ~"split brain" within 3s may-fail
crash-everywhere {
	write a 8s 1s g2 fua
	flush a
}
show
| a primary
| b
expect read a 0 4k = g1|g2
`

func TestFormatIsParsedAsTheSame(t *testing.T) {
	s, err := Parse("story.sim", []byte(story))
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse("again", s.Format())
	if err != nil {
		t.Fatalf("%v\n%s", err, s.Format())
	}
	if !s.Equal(again) {
		t.Errorf("written and read again:\n%s\nwas\n%s", again.Format(), s.Format())
	}
	if s.Seed != 7 || len(s.Knobs) != 2 || len(s.Steps) != 8 || len(s.Steps[5].Block) != 2 || len(s.Steps[6].Want) != 2 {
		t.Errorf("read as %+v", s)
	}
	if got := s.Steps[4].Args[3]; got != "~split brain" {
		t.Errorf("the quoted word is %q", got)
	}
}

func TestQuoteIsSplitAsOneWord(t *testing.T) {
	for _, word := range []string{"a", "", "{", "}", "{}", "#a", "a#b", "+1", "| x", "a b", "\"", `a"b`, "\t", "é", "a\nb"} {
		words, brace, err := split("x " + quote(word))
		if err != nil || brace != "" || len(words) != 2 || words[1] != word {
			t.Errorf("%q is written %s and read as %q %q %v", word, quote(word), words, brace, err)
		}
	}
}

func TestMistakesNameLineAndWhatIsAllowed(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"frob a", `x.sim:1: unknown verb "frob"; there are alive, answers, audit, await,`},
		{"\nkill c", `x.sim:2: unknown node "c"; there are a, b; the step is: kill NODE`},
		{"kill", `x.sim:1: node (a, b) is missing; the step is: kill NODE`},
		{"kill a b", `x.sim:1: "b" is too much`},
		{"sectors 64\nwrite a 0 33k", `x.sim:2: 0+33792 is beyond the device, which has 32768 bytes`},
		{"write a 0 100", `0+100 is not whole sectors of 512 bytes`},
		{"write a x 512", `offset "x": allowed is a number of bytes such as 512, 4k, 1M or 8s (sectors)`},
		{"disk a read-error 4k", `unknown place "4k"; there are a range such as 4k..1M, data, map`},
		{"disk a read-error 8k..4k", `range "8k..4k": allowed is a range such as 4k..1M`},
		{"disk a melt", `unknown fault "melt"; there are read-error, `},
		{"mode sometimes", `knob mode: "sometimes" is not fullsync, memsync or async`},
		{"mode async\nmode async", `x.sim:2: mode is set twice`},
		{"idle 1s\nmode async", `x.sim:2: mode belongs in front of the first step`},
		{"seed x", `seed "x" is not a number`},
		{"+3 kill a", `"+3" is no time to wait; write it as +20ms`},
		{"idle soon", `time "soon": allowed is a time such as 20ms`},
		{"power a keep=some", `keep: allowed is none, all, only:0,2 or but:0,2`},
		{"cut a", `unknown direction "a"; there are a->b, b->a`},
		{"await a happy", `unknown condition "happy"; there are complete, degraded, role,`},
		{"await a reason ~(", `reason "(" is no regular expression`},
		{"expect luck", `unknown expectation "luck"; there are refused, verdict,`},
		{"crash-everywhere", `crash-everywhere needs a block`},
		{"kill a {\n}", `kill takes no block`},
		{"crash-everywhere {\nkill a", `a block is not closed`},
		{"}", `"}" closes nothing`},
		{"kill a } b", `nothing may follow "}"`},
		{`note "a`, `a quoted word is not closed`},
		{"kill a\n| x", `x.sim:2: kill prints nothing; these do: show`},
		{"| x", `a line of output stands behind the step that prints it`},
	} {
		_, err := Parse("x.sim", []byte(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v\nshould say %s", c.text, err, c.want)
		}
	}
}

func TestUpdateReplacesOutput(t *testing.T) {
	text := "# why\nshow\n| old\n| older\n\tshow\nkill a"
	got := string(Update([]byte(text), []Output{{2, []string{"new", ""}}, {5, []string{"x"}}}))
	if want := "# why\nshow\n| new\n|\n\tshow\n\t| x\nkill a"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(story)
	f.Add("power a keep=only:1,2\n\"a b\" {\n}")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse("f", []byte(text))
		if err != nil {
			return
		}
		again, err := Parse("g", s.Format())
		if err != nil || !s.Equal(again) {
			t.Errorf("%q was written as %q and read again: %v", text, s.Format(), err)
		}
	})
}
