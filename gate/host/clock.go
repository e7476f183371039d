package host

import (
	crand "crypto/rand"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/hashicorp/go-hclog"

	"hast/actors"
	"hast/gate/spawn"
)

// clock is the machine's.
type clock struct {
	origin time.Time
	tell   func(*actor.PID, any)
	log    hclog.Logger
}

func (c *clock) Now() time.Duration { return time.Since(c.origin) }

func (c *clock) Wall() time.Time { return time.Now() }

func (c *clock) TellAfter(d time.Duration, to *actor.PID, msg any) actors.Timer {
	return timer{time.AfterFunc(d, func() {
		spawn.Guard("timer", func(err error, stack []byte) {
			c.log.Error("timer failed", "error", err, "message", kind(msg), "stack", string(stack))
		}, func() { c.tell(to, msg) })
	})}
}

type timer struct{ t *time.Timer }

func (t timer) Stop() { t.t.Stop() }

// chance draws from a generator that cannot be predicted from what it gave: tokens are drawn from it.
type chance struct {
	mu  sync.Mutex
	gen *rand.ChaCha8
}

func newChance() *chance {
	var seed [32]byte
	crand.Read(seed[:]) // never fails: it ends the program rather than give a guessable seed
	return &chance{gen: rand.NewChaCha8(seed)}
}

func (c *chance) Uint64() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.gen.Uint64()
}
