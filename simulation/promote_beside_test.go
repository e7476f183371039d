package simulation

import (
	"strings"
	"testing"

	"hast/states"
)

// A promotion beside a secondary of another history is refused for that reason, also if the secondary's
// connections end as soon as it has told what it holds: who has heard that isn't alone (I14, I17).
func TestPromotionBesideAnotherHistory(t *testing.T) {
	s := splitBrain(t, PairSpec{Seed: 3, Size: 4 << 20})
	for n := range 400 {
		s.want("A init", s.SetRole(s.A, states.RoleInit, false))
		err := s.SetRole(s.A, states.RolePrimary, false)
		if err == nil || !strings.Contains(err.Error(), "split-brain") {
			t.Fatalf("promotion %d: %v", n, err)
		}
	}
}
