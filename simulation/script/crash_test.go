package script

import (
	"testing"
)

func TestCrashesAreWrittenAndRead(t *testing.T) {
	for _, c := range []Crash{
		{17, "a", true, "but:3", true}, {1, "ab", false, "none", false}, {999, "b", true, "all", false},
	} {
		if got, err := ParseCrash(c.String()); err != nil || got != c {
			t.Errorf("%v is read as %v, %v", c, got, err)
		}
	}
	for _, text := range []string{"", "x kill a all restart", "1 stab a all restart", "1 kill c all restart", "1 kill a some restart", "1 kill a all wait"} {
		if c, err := ParseCrash(text); err == nil {
			t.Errorf("%q is read as %v", text, c)
		}
	}
}

func TestCrashAll(t *testing.T) {
	s, err := Parse("test.sim", []byte(`seed 5
sectors 32
extent 8
keepdirty 1
timeout 5s
serve a
crash-everywhere {
	write a 0 1s
	flush a
}
`))
	if err != nil {
		t.Fatal(err)
	}
	r := CrashAll(s, CrashOptions{Quick: true, Every: 2})
	if err := r.Err(); err != nil {
		t.Fatal(err, r.Findings[0].Outcome.Tail)
	}
	if r.Points < 5 || r.Runs < 5*r.Points {
		t.Errorf("only %d points, %d runs", r.Points, r.Runs)
	}
}
