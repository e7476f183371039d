package states

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

var (
	// A flush is handed to this component always, and it has one answer.
	flushLocals = []Part{PartPending, PartDone, PartFailed}
	// The secondary has no first answer to a flush.
	flushRemotes = []Part{PartNone, PartPending, PartDone, PartFailed, PartLost}
)

// everyFlush calls do for each state that a flush can be in.
func everyFlush(do func(FlushState)) {
	for n := range 128 {
		f := FlushState{Alone: n&8 != 0, Raised: n&4 != 0, Behind: n&2 != 0, PeerLacks: n&1 != 0, PeerLags: n&16 != 0,
			PeerBehind: n&32 != 0, Lone: n&64 != 0}
		if f.PeerLags && !f.PeerLacks || f.PeerBehind && f.Alone {
			continue // what lags is lacking; without a session nothing is known of its counters
		}
		for _, f.Local = range flushLocals {
			for _, f.Remote = range flushRemotes {
				do(f)
			}
		}
	}
}

// TestFlushTable keeps every decision as a text that a human can judge.
func TestFlushTable(t *testing.T) {
	var b strings.Builder
	fmt.Fprintf(&b, "%-6s %-7s %-7s %-6s %-5s %-7s %-6s %-8s", "alone", "raised", "behind", "lacks", "lags", "counter", "writes", "local")
	for _, r := range flushRemotes {
		fmt.Fprintf(&b, " %-8s", r)
	}
	everyFlush(func(f FlushState) {
		if f.Remote == flushRemotes[0] {
			fmt.Fprintf(&b, "\n%-6s %-7s %-7s %-6s %-5s %-7s %-6s %-8s", word(f.Alone, "alone"), word(f.Raised, "raised"),
				word(f.Behind, "behind"), word(f.PeerLacks, "lacks"), word(f.PeerLags, "lags"), word(f.PeerBehind, "behind"), word(f.Lone, "lone"), f.Local)
		}
		fmt.Fprintf(&b, " %-8s", actionNames[CompleteFlush(f)])
	})
	b.WriteString("\n")
	checkFile(t, filepath.Join("testdata", "flush.golden"), trimmed(b.String()))
}

// TestFlushRules holds every decision against what must be true of all of them (I3; A33 is the
// original's "one ok is enough").
func TestFlushRules(t *testing.T) {
	seen := map[Action]int{}
	everyFlush(func(f FlushState) {
		action := CompleteFlush(f)
		seen[action]++
		wrong := func(why string) {
			t.Helper()
			t.Errorf("%+v: %v: %s", f, actionNames[action], why)
		}
		with := !f.Alone && f.Remote == PartDone                 // the secondary has flushed, and its session lives
		owes := with && f.PeerLags && !f.PeerBehind && !f.Behind // it owes what it lacks
		switch {
		case f.Local == PartPending && action != Wait:
			wrong("this component hasn't flushed yet")
		case owes && f.Local == PartDone && action != Wait:
			wrong("the secondary lacks something that it owes (rule flush-lag)")
		case owes:
		case f.Local.Final() && (f.Remote.Final() || f.Alone) && action == Wait:
			wrong("there is nothing to wait for (I22)")
		case f.Local == PartFailed && action != Fail:
			wrong("this component's flush failed (I38)")
		case action == Answer && f.Behind && !with:
			wrong("the current copy didn't flush")
		case action == Answer && f.PeerLacks && !with && !f.Raised:
			wrong("the secondary lacks something, and the counter doesn't say so (rule flush-raise)")
		case action == Answer && f.Lone && !with && !f.Raised:
			wrong("a write is answered as local, and the counter doesn't say so (I19)")
		case action == Raise && (f.Raised || f.Behind):
			wrong("once per alone period, and never by a target")
		case action == Raise && !f.PeerLacks && !f.Lone:
			wrong("the secondary lacks nothing, so a split-brain would be made up (I15)")
		case action == Fail && f.Local == PartDone && !f.Behind:
			wrong("this node's copy is current, and durable (I34)")
		case action == Fail && f.Local == PartDone && with:
			wrong("both flushed")
		}
		if action == Raise {
			f.Raised = true
			if a := CompleteFlush(f); a != Answer {
				wrong("raised, and then " + actionNames[a])
			}
		}
	})
	for a := Wait; a <= Fail; a++ {
		if seen[a] == 0 {
			t.Errorf("no state leads to %v", actionNames[a])
		}
	}
}

// TestFlushStepsForward: a session that ends while the flush is out settles it, and a living
// secondary's answer ends the waiting.
func TestFlushStepsForward(t *testing.T) {
	everyFlush(func(f FlushState) {
		if CompleteFlush(f) != Wait || f.Local == PartPending {
			return
		}
		if f.PeerLags && f.Remote == PartDone {
			f.PeerLags = false
			if a := CompleteFlush(f); a != Answer {
				t.Errorf("%+v: all is copied, and then %v", f, a)
			}
			return
		}
		if f.Remote != PartPending || f.Alone {
			t.Errorf("%+v: waits, and not for the secondary", f)
		}
		for _, part := range []Part{PartDone, PartFailed, PartLost} {
			next := f
			next.Remote, next.Alone = part, part == PartLost
			if part == PartDone {
				next.PeerLags = false
			}
			if a := CompleteFlush(next); a == Wait {
				t.Errorf("%+v: waited for the secondary, which is %v, and waits on", f, part)
			}
		}
	})
}

func TestFlushClaim(t *testing.T) {
	tests := []struct {
		name string
		f    FlushState
		want Claim
	}{
		{"both flushed", FlushState{Local: PartDone, Remote: PartDone}, ClaimBoth},
		{"alone", FlushState{Local: PartDone, Remote: PartNone, Alone: true}, ClaimLocal},
		{"the session ended after the secondary's flush", FlushState{Local: PartDone, Remote: PartDone, Alone: true}, ClaimLocal},
		{"the secondary's flush failed", FlushState{Local: PartDone, Remote: PartFailed}, ClaimLocal},
		{"the secondary is behind", FlushState{Local: PartDone, Remote: PartDone, PeerBehind: true}, ClaimLocal},
		{"this node's component counts for nothing", FlushState{Local: PartNone, Remote: PartDone, Behind: true}, ClaimRemote},
		{"the secondary's is the current copy", FlushState{Local: PartDone, Remote: PartDone, Behind: true}, ClaimSource},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := FlushClaim(tt.f); got != tt.want {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
}

func TestClaimAfterFlush(t *testing.T) {
	for _, written := range []Claim{ClaimBoth, ClaimReceived, ClaimSent, ClaimLocal, ClaimSource, ClaimRemote} {
		for _, flushed := range []Claim{ClaimBoth, ClaimLocal, ClaimRemote, ClaimSource} {
			for _, bad := range []bool{false, true} {
				want := written
				switch {
				case flushed == ClaimBoth && written == ClaimLocal, flushed == ClaimBoth && written == ClaimRemote && !bad:
					want = ClaimBoth
				}
				if got := ClaimAfterFlush(written, flushed, bad); got != want {
					t.Errorf("%v, flushed as %v, bad %v: %v, want %v", written, flushed, bad, got, want)
				}
			}
		}
	}
}
