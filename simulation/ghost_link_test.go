package simulation

import (
	"testing"
	"time"

	"hast/actors"
	"hast/wire"
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

// TestAnothersSession: a former secondary that serves while its cut off primary still holds their session to be alive
// owes nothing of what that one alone has durably (seed 1003286).
func TestAnothersSession(t *testing.T) {
	for _, tt := range []struct {
		name string
		own  bool // the session is the server's own
		want string
	}{
		{"the other one's", false, ""},
		{"its own", true, "I1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := playGhost(t)
			old := h.everywhere()
			h.flush(h.p.A)
			h.everywhere()
			h.flush(h.p.B)
			h.p.A.PowerKeep(func(int64) bool { return false })
			primary := h.p.B
			if tt.own {
				primary = h.p.A
			}
			h.g.link = session{at: &end{boot: &boot{machine: primary}}, confirmed: true}
			h.p.Client.attach(newDoor(&boot{world: h.p.World, machine: h.p.A}, actors.Owner{}, actors.DoorSpec{Resource: Resource}))
			h.served(h.p.A, old)
			h.finds(t, tt.want)
		})
	}
}

// TestOnlyAnAnswerConfirmsASession: what comes by the connection of the replies need not be one. A node that has no
// secondary for it refuses the second hello there, and a period alone goes on through that (seed 400523).
func TestOnlyAnAnswerConfirmsASession(t *testing.T) {
	tests := []struct {
		name  string
		nv    wire.NV
		ended bool // the node had given the connection up when it got that
		want  bool
	}{
		{"a second hello that is refused", wire.AppendHello1Reply(nil, &wire.Hello1Reply{ErrMsg: "Not secondary."}), false, false},
		{"a session that can't be confirmed", wire.AppendReply(nil, &wire.Reply{Seq: 1, Error: 5}), false, false},
		{"an answer", wire.AppendReply(nil, &wire.Reply{Seq: 1}), false, true},
		{"an answer that comes too late (seed 700015)", wire.AppendReply(nil, &wire.Reply{Seq: 1}), true, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := playGhost(t)
			w := h.p.World
			e := &end{world: w, boot: &boot{machine: h.p.A}, dialer: true, peer: &end{resource: h.p.Client.resource, second: true}}
			in := &actors.FramesIn{Conn: e}
			w.frameIn(e, &wire.InFrame{NV: tt.nv})
			if e.confirms {
				e.confirmation = in
			}
			if h.g.link.confirmed {
				t.Error("confirmed before the node has got it")
			}
			if tt.ended {
				e.state = endClosed
			}
			w.delivered(in)
			if got := h.g.link.confirmed; got != tt.want {
				t.Errorf("confirmed: %v, want %v", got, tt.want)
			}
		})
	}
}
