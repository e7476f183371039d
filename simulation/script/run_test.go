package script

import (
	"strings"
	"testing"
)

func play(t *testing.T, text string) Outcome {
	t.Helper()
	s, err := Parse("test.sim", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return Run(s, Options{})
}

func TestRunPlaysAStory(t *testing.T) {
	const text = `seed 3
sectors 128
extent 8
serve a
write a 0 4k g1
write a 0 512 g2 fua
expect read a 0 1s = g2
expect read a 1s 7s = g1
load 20ms
answers
flush a
cut
write a 8k 4k g3 nowait
await a degraded
answers
expect read a 8k 4k = g3
write b 0 4k
expect refused ~"device is not there"
heal
await a complete
expect verdict primary-ahead
expect identical
kill a
role b primary
expect read b 8k 4k = g3
role a primary may-fail
expect refused ~"no node runs"
`
	a, b := play(t, text), play(t, text)
	if err := a.Err(); err != nil {
		t.Fatalf("%v\n%s", err, a.Tail)
	}
	if a.Hash != b.Hash || a.Counters != b.Counters {
		t.Errorf("played twice: %x and %x, %+v and %+v", a.Hash, b.Hash, a.Counters, b.Counters)
	}
	if a.Counters.Steps != 24 || a.Counters.Answered < 20 || a.Counters.Refused != 0 {
		t.Errorf("counted %+v", a.Counters)
	}
}

func TestRunTellsWhatDidNotComeTrue(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"write a 0 512\nidle 1s", "line 4: write a 0 512: WRITE at a: the device is not there"},
		{"write a 0 512 may-fail\nidle 1s", ""},
		{"serve a\nexpect refused", "was not refused"},
		{"serve a\nwrite a 0 1s g1\nwrite a 0 1s g2\nexpect read a 0 1s = g1", "sector 0 holds write 2"},
		{"serve a\nexpect status a degraded", `status is "complete"`},
		{"serve a\nexpect counters a 7 0", "counters are"},
		{"serve a\nrestore a", "there is no such snapshot"},
		{"serve a\ncreate a", "in use"},
		{"serve a\nshow\n| nothing", "printed:"},
	} {
		o := play(t, "seed 1\nsectors 64\nextent 8\n"+c.text+"\n")
		switch err := o.Err(); {
		case c.want == "" && err != nil:
			t.Errorf("%q: %v", c.text, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%q: %v, should say %s", c.text, err, c.want)
		}
	}
}

func TestLenientScriptsTakeRefusals(t *testing.T) {
	o := play(t, "seed 1\nlenient\nsectors 64\nwrite a 0 512\nrole a primary\nserve b\nrestore a\nawait b degraded within 1s\ncreate b\n")
	if err := o.Err(); err != nil {
		t.Error(err)
	}
}
