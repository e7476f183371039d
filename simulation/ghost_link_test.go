package simulation

import (
	"testing"
	"time"
)

// TestOneSidedResetEndsTheSession: for the judge a session ends with the primary's end of it, however that ends. Else
// what the other node's component owes would be demanded of a primary that doesn't hear it.
func TestOneSidedResetEndsTheSession(t *testing.T) {
	ends := map[string]func(p *Pair){
		"a reset that the peer doesn't hear of": func(p *Pair) { p.World.ResetAt(p.A, p.B) },
		"a reset of both ends":                  func(p *Pair) { p.Reset() },
		"the primary's death":                   func(p *Pair) { p.A.Kill() },
		"the primary's loss of power":           func(p *Pair) { p.A.Power() },
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			p := pairOf(t, PairSpec{Seed: 1})
			p.serve(t, p.A)
			p.must(t, "complete", p.AwaitComplete(p.A, 5*time.Minute))
			link := &p.Client.ghost.link
			if link.at == nil {
				t.Fatal("there is no session")
			}
			end(p)
			if link.at != nil {
				t.Error("the judge thinks that the session lives on")
			}
		})
	}
}
