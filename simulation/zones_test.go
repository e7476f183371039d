package simulation

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"hast/states"
)

func linearizable(initial []uint64, ops []porcupine.Operation) bool {
	return porcupine.CheckOperations(register(initial), ops)
}

// sectorRun is a random history of a sector: of a register that is one, or whose reads lie.
type sectorRun struct {
	j    *Judge
	r    *rand.Rand
	now  uint64 // the register
	ops  []porcupine.Operation
	busy [3]*sectorOp
	gens []uint64
	zero bool // zeroes and trims, too
	lies bool
}

type sectorOp struct {
	io     *clientIO
	done   bool // it has taken effect
	value  uint64
	call   uint64
	client int
}

func (x *sectorRun) begin(client int) {
	op := states.OpRead
	if x.r.IntN(2) == 0 {
		op = states.OpWrite
		if x.zero && x.r.IntN(3) == 0 {
			op = [...]states.Op{states.OpZero, states.OpDelete}[x.r.IntN(2)]
		}
	}
	o := &sectorOp{io: &clientIO{op: op, n: SectorSize}, client: client}
	x.j.invoked(o.io)
	o.call = x.j.tick
	if op == states.OpWrite {
		o.value = o.io.gen
		x.gens = append(x.gens, o.value)
	}
	x.busy[client] = o
}

// effect is the moment at which the register is read or changed.
func (x *sectorRun) effect(o *sectorOp) {
	switch {
	case o.done:
	case o.io.op == states.OpRead:
		o.value = x.now
	case o.io.op == states.OpDelete && x.r.IntN(2) == 0:
	default:
		x.now = o.value
	}
	o.done = true
}

// end answers a request, or has it fail, or forgets it.
func (x *sectorRun) end(o *sectorOp) {
	x.busy[o.client] = nil
	entry := porcupine.Operation{ClientId: o.client, Call: int64(o.call), Input: registerOp{value: o.value, maybe: o.io.op == states.OpDelete}}
	switch {
	case o.io.op == states.OpRead:
		x.effect(o)
		if x.lies && x.r.IntN(2) == 0 && len(x.gens) > 0 {
			o.value = x.gens[x.r.IntN(len(x.gens))]
		}
		b := make([]byte, SectorSize)
		if o.value != 0 {
			stampSectors(b, o.value, 0)
		} else if !x.zero {
			b[0] = 1 // what was there before, and isn't zeroes
		}
		x.j.answered(o.io, b)
		entry.Input, entry.Output = registerOp{read: true}, o.value
	case x.r.IntN(4) == 0:
		if x.r.IntN(2) == 0 {
			x.effect(o)
		}
		x.j.unresolved(o.io)
		entry.Input = registerOp{value: o.value, maybe: true}
	default:
		x.effect(o)
		x.j.answered(o.io, nil)
	}
	x.j.forget(o.io)
	entry.Return = int64(x.j.tick)
	x.ops = append(x.ops, entry)
}

func (x *sectorRun) play(steps int) {
	for range steps {
		client := x.r.IntN(len(x.busy))
		switch o := x.busy[client]; {
		case o == nil:
			x.begin(client)
		case x.r.IntN(2) == 0:
			x.effect(o)
		default:
			x.end(o)
		}
	}
	for _, o := range x.busy {
		if o != nil {
			x.end(o)
		}
	}
}

// TestSectorAgainstPorcupine: of random small histories, legal and not, the judge says what porcupine says. The quick
// rules alone let some illegal ones pass; with zeroes, whose writers can't be told apart, both together may, too.
func TestSectorAgainstPorcupine(t *testing.T) {
	w := newWorld(t, 1)
	for _, zero := range []bool{false, true} {
		legal, illegal, quick, missed := 0, 0, 0, 0
		for seed := range uint64(6000) {
			w.violations = nil
			x := &sectorRun{j: newJudge(w, 1), r: rand.New(rand.NewPCG(seed, 7)), zero: zero, lies: seed%3 > 0}
			x.play(8 + x.r.IntN(24))
			found := len(w.violations) > 0
			if !found {
				x.j.Conclude()
				if len(w.violations) > 0 {
					found = true
					quick++
				}
			}
			switch ok := linearizable([]uint64{0}, x.ops); {
			case ok && found:
				t.Fatalf("zeroes %v, seed %d: a legal history is refused: %v\n%v", zero, seed, w.violations[0], x.ops)
			case ok:
				legal++
			case !found && !zero:
				t.Fatalf("seed %d: an illegal history passed: %v", seed, x.ops)
			case !found:
				missed++
			default:
				illegal++
			}
		}
		t.Logf("zeroes %v: %d legal, %d illegal, of which the quick rules passed %d, and %d were missed", zero, legal, illegal, quick, missed)
		if legal < 2000 || illegal < 800 || quick == 0 || missed*10 > illegal {
			t.Errorf("zeroes %v: %d legal, %d illegal, of which the quick rules passed %d, and %d were missed", zero, legal, illegal, quick, missed)
		}
	}
}

// TestRunsAgainstPorcupine: the histories of real runs, with failovers under load, are legal in the eyes of porcupine,
// too, whom nobody has told what the judge thinks of them.
func TestRunsAgainstPorcupine(t *testing.T) {
	for _, mode := range modes {
		p := pairOf(t, PairSpec{Seed: 5, Mode: mode})
		h := p.Client.judge.KeepHistory()
		p.Client.Zeroes, p.Client.Trims, p.Client.Hot = 0, 0, 16
		p.serve(t, p.A)
		p.must(t, "complete", p.AwaitComplete(p.A, 5*time.Minute))
		p.Client.Start()
		primary := p.A
		for range 3 {
			p.World.RunFor(400 * time.Millisecond)
			p.Reset()
			p.World.RunFor(400 * time.Millisecond)
			primary.Kill()
			primary = p.Other(primary)
			p.must(t, "failover", p.SetRole(primary, states.RolePrimary, true))
			p.World.RunFor(100 * time.Millisecond)
			p.must(t, "start", p.Start(p.Other(primary)))
			p.must(t, "secondary", p.SetRole(p.Other(primary), states.RoleSecondary, false))
			p.World.RunFor(time.Second)
		}
		p.Client.Stop()
		p.World.RunFor(5 * time.Second)
		p.Client.judge.Conclude()
		p.must(t, "the judge", p.World.Check())
		pasts := h.Pasts()
		for _, past := range pasts {
			ops, err := past.Operations()
			p.must(t, "operations", err)
			if !linearizable(past.Initial, ops) {
				t.Errorf("porcupine finds no order for sector %d: initially one of %v, then %v", past.Sector, past.Initial, past.Ops)
			}
		}
		if n := p.Client.Answered(); n < 1000 || len(pasts) < 500 {
			t.Errorf("%v: only %d answers, %d histories", mode, n, len(pasts))
		}
	}
}
