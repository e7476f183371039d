package actors

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"hast/states"
)

// Whatever is refused or waited for, in whichever state of the role, a status says in which state, since when, why and
// since when that, and which act helps (L6). A state that may last has no reason of its own.
func TestStatusExplainsWhatWaits(t *testing.T) {
	entered, told := time.Unix(1_700_000_000, 0), time.Unix(1_700_000_060, 0)
	lasting := []states.State{states.RoleIsInit, states.RoleIsPrimary, states.RoleIsSecondary, states.RoleIsFailed}
	some := states.Plight{Reason: "why", Remedy: "what"}
	for _, at := range states.RoleTable.States {
		for _, own := range []states.Plight{{}, some} {
			var s Status
			s.stands(at, entered, own)
			if waits := own.Any() || !slices.Contains(lasting, at); s.held().Any() != waits || waits != (s.ReasonSince != "") {
				t.Errorf("%s, %+v: %+v since %q", at, own, s.held(), s.ReasonSince)
			}
			explained(t, &s)
			for bits := range 1 << 6 {
				on := func(i int) bool { return bits>>i&1 != 0 }
				p := states.PrimaryState{Resource: "shared", Held: s.held(), NoPeer: on(0), Session: on(1), Remaining: uint64(bits & 4)}
				q := states.SecondaryState{Resource: "shared", Held: s.held(), Session: on(1), DiskFailed: on(2) && on(3), Fitness: states.Fitness(bits & 3 % 3)}
				if on(3) {
					p.Ended, q.Ended = "the link went down", "the link went down"
				}
				if on(4) {
					p.Verdict, q.Verdict = some, some
				}
				if on(5) {
					p.Link = some
				}
				for _, worker := range []states.Plight{p.Plight(), q.Plight()} {
					with := s
					with.suffers(worker, told)
					if with.held() != worker {
						t.Errorf("%s, %+v, then %+v: %+v", at, own, worker, with.held())
					}
					explained(t, &with)
				}
			}
		}
	}
}

// explained demands of a status as a program reads it that nothing is left out that people need.
func explained(t *testing.T, s *Status) {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	want := []string{"state", "since"}
	if got["reason"] != nil {
		want = append(want, "reason", "remedy", "reason_since")
	} else if got["remedy"] != nil || got["reason_since"] != nil {
		t.Errorf("a remedy without a reason: %s", text)
	}
	for _, key := range want {
		text, _ := got[key].(string)
		if text == "" {
			t.Errorf("%s has no %s", s.State, key)
		}
		if _, err := time.Parse(time.RFC3339, text); err != nil && (key == "since" || key == "reason_since") {
			t.Errorf("%s: %s: %v", s.State, key, err)
		}
	}
}
