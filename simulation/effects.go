package simulation

// FaultKind is a kind of thing that goes wrong in a world.
type FaultKind uint8

// The kinds of faults (correctness.md 6.1). What is counted is that one had its effect: a sector really
// lost, a byte really dropped, an answer really an error.
const (
	FaultKill FaultKind = iota
	FaultPause
	FaultPanic
	FaultPowerCut
	FaultSectorLost // an undurable sector that a power cut took
	FaultSectorTorn // a request that landed in part
	FaultUnreadable // a physical sector that a power cut left unreadable
	FaultReadError  // also of unreadable and latent sectors
	FaultWriteError
	FaultFlushError
	FaultLatent    // a read that met a latent sector error
	FaultFlushLost // a sector that a failed flush dropped
	FaultLostWrite
	FaultMisdirected
	FaultBitFlip
	FaultStaleRead
	FaultFull
	FaultReadOnly
	FaultSlow
	FaultStuck // an operation that a stuck disk held
	FaultGone
	FaultReplaced
	FaultLateLanding // an operation of a dead process that landed after it
	FaultCut         // a packet held back by a cut
	FaultReset
	FaultRefused
	FaultHalfOpen // a connection whose peer never heard of it or has forgotten it
	FaultDelay    // a packet much later than usual
	FaultStall    // a packet held back by a stalled connection
	FaultWireFlip
	FaultStranger  // a third party's connection
	FaultGarbage   // a peer that speaks nonsense, or nothing
	FaultStockPeer // a session with a peer of the original's manners
	FaultClockJump
	FaultHostSleep
	FaultStarved // a turn that came late because its actor was starved
	faultKinds
)

var faultNames = [faultKinds]string{
	"kill", "pause", "panic", "power-cut", "sector-lost", "sector-torn", "unreadable", "read-error", "write-error",
	"flush-error", "latent", "flush-lost", "lost-write", "misdirected", "bit-flip", "stale-read", "full", "read-only",
	"slow", "stuck", "gone", "replaced", "late-landing", "cut", "reset", "refused", "half-open", "delay", "stall",
	"wire-flip", "stranger", "garbage", "stock-peer", "clock-jump", "host-sleep", "starved",
}

// String is the kind's name.
func (k FaultKind) String() string {
	if k >= faultKinds {
		return "unknown"
	}
	return faultNames[k]
}

// FaultKinds lists all kinds.
func FaultKinds() []FaultKind {
	list := make([]FaultKind, faultKinds)
	for i := range list {
		list[i] = FaultKind(i)
	}
	return list
}

// Effect is how often faults of a kind took effect.
type Effect struct {
	Kind  FaultKind
	Count uint64
}

// Effects counts the faults that took effect in this world so far, those that did only.
func (w *World) Effects() []Effect {
	var list []Effect
	for k, n := range w.effects {
		if n > 0 {
			list = append(list, Effect{FaultKind(k), n})
		}
	}
	return list
}

// Effect is how often faults of one kind took effect.
func (w *World) Effect(k FaultKind) uint64 { return w.effects[k] }

func (w *World) effect(k FaultKind) {
	w.effects[k]++
	w.keptApart(k)
	for _, by := range w.watchers {
		by.Faulted(k)
	}
}
