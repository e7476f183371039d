package states

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var (
	// localParts are the stages that a local part can be at: a component has one answer, the final one.
	localParts = []Part{PartNone, PartPending, PartDone, PartFailed, PartLost}
	// remoteParts are all stages.
	remoteParts = []Part{PartNone, PartPending, PartReceived, PartDone, PartFailed, PartLost}
)

// writeSettings is how many settings there are in which a write's parts may be: mode and flags.
const writeSettings = 3 << 6

// writeSetting is the n-th of them.
func writeSetting(n int) WriteState {
	return WriteState{Mode: Mode(n >> 6), Alone: n&8 != 0, Raised: n&4 != 0, Behind: n&2 != 0, PeerBehind: n&1 != 0,
		Slag: n&32 != 0, Recorded: n&16 != 0}
}

// everyWrite calls do for each state that a write can be in.
func everyWrite(do func(WriteState)) {
	for n := range writeSettings {
		w := writeSetting(n)
		for _, w.Local = range localParts {
			for _, w.Remote = range remoteParts {
				do(w)
			}
		}
	}
}

func settingName(w WriteState) string {
	words := []string{w.Mode.String()}
	for _, f := range []struct {
		set  bool
		name string
	}{{w.Alone, "alone"}, {w.Raised, "raised"}, {w.Behind, "behind"}, {w.PeerBehind, "peer behind"},
		{w.Slag, "slag"}, {w.Recorded, "recorded"}} {
		if f.set {
			words = append(words, f.name)
		}
	}
	return strings.Join(words, ", ")
}

// answerName is a decision in one word: the claim, if it is an answer.
func answerName(a Action, c Claim) string {
	if a == Answer {
		return c.String()
	}
	return strings.ToUpper(actionNames[a])
}

// TestWriteTable keeps every decision as a text that a human can judge. Settings with the same square of
// local and remote parts share it.
func TestWriteTable(t *testing.T) {
	var squares []string
	settings := map[string][]string{}
	for n := range writeSettings {
		w := writeSetting(n)
		var sq strings.Builder
		fmt.Fprintf(&sq, "  %-9s", "")
		for _, r := range remoteParts {
			fmt.Fprintf(&sq, " %-9s", r)
		}
		sq.WriteString("\n")
		for _, w.Local = range localParts {
			fmt.Fprintf(&sq, "  %-9s", w.Local)
			for _, w.Remote = range remoteParts {
				fmt.Fprintf(&sq, " %-9s", answerName(CompleteWrite(w)))
			}
			sq.WriteString("\n")
		}
		key := sq.String()
		if settings[key] == nil {
			squares = append(squares, key)
		}
		settings[key] = append(settings[key], settingName(w))
	}
	var b strings.Builder
	b.WriteString("Rows: the local part. Columns: the remote part. Small letters: answered ok, with that claim.\n")
	for _, sq := range squares {
		fmt.Fprintf(&b, "\n%s\n%s", strings.Join(settings[sq], "\n"), sq)
	}
	checkFile(t, filepath.Join("testdata", "write.golden"), trimmed(b.String()))
}

// TestWriteClaims holds every ok against what its claim promises (correctness 1, I29).
func TestWriteClaims(t *testing.T) {
	given := map[Claim]int{}
	everyWrite(func(w WriteState) {
		action, claim := CompleteWrite(w)
		if (action == Answer) != (claim != ClaimNone) {
			t.Errorf("%+v: %v with claim %v", w, actionNames[action], claim)
		}
		if action != Answer {
			return
		}
		given[claim]++
		if w.Local != PartDone && claim != ClaimRemote {
			t.Errorf("%+v: %v, and it isn't written here", w, claim)
		}
		with := !w.Alone && !w.Behind && !w.PeerBehind
		var holds bool
		switch claim {
		case ClaimBoth:
			holds = with && w.Remote == PartDone
		case ClaimReceived:
			holds = with && w.Mode == MemSync && w.Remote == PartReceived
		case ClaimSent:
			holds = with && w.Mode == Async && (w.Remote == PartPending || w.Remote == PartReceived)
		case ClaimSource:
			holds = w.Behind && !w.Alone && w.Remote == PartDone
		case ClaimRemote:
			holds = w.Local.Final() && w.Remote == PartDone && w.Recorded && !w.Alone && (w.Behind || w.Local != PartDone && !w.Slag)
		case ClaimLocal:
			absent := w.Alone || w.Remote == PartNone || w.Remote == PartFailed || w.Remote == PartLost
			told := w.Raised || w.PeerBehind && !w.Alone // the counter says so, durably (I19)
			holds = !w.Behind && told && (absent || w.PeerBehind && w.Remote == PartDone)
		}
		if !holds {
			t.Errorf("%+v: the claim %v isn't true", w, claim)
		}
	})
	for c := ClaimBoth; c <= ClaimRemote; c++ {
		if given[c] == 0 {
			t.Errorf("no state leads to the claim %v", c)
		}
	}
}

// TestWriteRules holds every decision against what must be true of all of them.
func TestWriteRules(t *testing.T) {
	everyWrite(func(w WriteState) {
		action, _ := CompleteWrite(w)
		wrong := func(why string) {
			t.Helper()
			t.Errorf("%+v: %v: %s", w, actionNames[action], why)
		}
		switch {
		case !w.Local.Final() && action != Wait:
			wrong("this node may still apply it (I30)")
		case w.Local.Final() && (w.Remote.Final() || w.Alone) && action == Wait:
			wrong("there is nothing to wait for (I22)")
		case w.Alone && action == Answer && !w.Raised:
			wrong("a lone answer before the counter (rule raise-each)")
		case action == Raise && (w.Raised || w.Behind):
			wrong("once per alone period, and never by a target")
		case action == Raise && w.Local != PartDone:
			wrong("the counter needn't move for a write that failed")
		case action == Fail && w.Local == PartDone && !w.Behind:
			wrong("this node holds the write and its copy is current (I34)")
		case action == Fail && w.Remote == PartDone && !w.Alone && !w.Slag:
			wrong("the secondary holds the write and all else of the extent (I34, bug 77)")
		case action == RecordBad && (w.Recorded || w.Alone || w.Slag || w.Local == PartDone || w.Remote != PartDone):
			wrong("nothing else than a current copy at the secondary is worth a record")
		}
	})
}

// TestWriteSteps: what a decision becomes when one thing more happens.
func TestWriteSteps(t *testing.T) {
	strength := map[Claim]int{ClaimSent: 1, ClaimReceived: 2, ClaimBoth: 3}
	everyWrite(func(w WriteState) {
		action, claim := CompleteWrite(w)

		// News from a living secondary takes no ok back, and weakens no claim.
		if !w.Alone && (w.Remote == PartPending || w.Remote == PartReceived) && action != Wait {
			for _, part := range []Part{PartReceived, PartDone} {
				next := w
				next.Remote = max(part, w.Remote)
				a, c := CompleteWrite(next)
				if a != action || strength[c] < strength[claim] {
					t.Errorf("%+v: %v, and once %v: %v", w, answerName(action, claim), next.Remote, answerName(a, c))
				}
			}
		}

		// A raise leads to the answer that it was for, not to another raise.
		if action == Raise {
			next := w
			next.Raised = true
			if a, c := CompleteWrite(next); a != Answer || c != ClaimLocal {
				t.Errorf("%+v: raised, and then %v", w, answerName(a, c))
			}
		}

		// A record leads to the answer that it was for.
		if action == RecordBad {
			next := w
			next.Recorded = true
			if a, c := CompleteWrite(next); a != Answer || c != ClaimRemote {
				t.Errorf("%+v: recorded, and then %v", w, answerName(a, c))
			}
		}

		// A session that ends leaves no claim but local (rule downgrade).
		alone := w
		alone.Alone = true
		if a, c := CompleteWrite(alone); a == Answer && c != ClaimLocal {
			t.Errorf("%+v: alone, and still %v", alone, c)
		}

		// A stricter mode asks for no less, and beyond that the mode matters to nobody.
		async := w
		async.Mode = Async
		switch a, _ := CompleteWrite(async); {
		case action == Answer && a != Answer:
			t.Errorf("%+v: answered, and not in async", w)
		case (action == Raise || action == Fail) && a != action:
			t.Errorf("%+v: %v, and in async %v", w, actionNames[action], actionNames[a])
		}
		if w.Mode == FullSync && action == Answer {
			mem := w
			mem.Mode = MemSync
			if a, c := CompleteWrite(mem); a != Answer || c != claim {
				t.Errorf("%+v: %v, and in memsync %v", w, claim, answerName(a, c))
			}
		}
	})
}

// trimmed is a golden file without the blanks at line ends, which editors take away.
func trimmed(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

// TestAnswersDurable: a write waits for a flush if its client wants it durable, or if both owe it and the next handshake
// takes its extent from the primary alone.
func TestAnswersDurable(t *testing.T) {
	both := []Claim{ClaimBoth, ClaimReceived, ClaimSource}
	for c := ClaimNone; c <= ClaimRemote; c++ {
		for _, sole := range []bool{false, true} {
			if !AnswersDurable(c, true, sole) {
				t.Errorf("%v, sole %v: a write with FUA is answered from a cache", c, sole)
			}
			if got, want := AnswersDurable(c, false, sole), sole && slices.Contains(both, c); got != want {
				t.Errorf("%v, sole %v: waits for a flush: %v, want %v", c, sole, got, want)
			}
		}
	}
}
