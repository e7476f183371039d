package actors

import (
	"fmt"
	"time"
)

// A role change may take as long as a disk is stuck, or a secondary's disk. Who asked for it must not:
// L2 gives a command three timeouts.

// roleLimitLeast is for timeouts so short that a promotion's questions take longer.
const roleLimitLeast = 5 * time.Second

// roleLimit is how long a role command waits at most: longer than any promotion that waits for its peer.
func (r *resource) roleLimit() time.Duration { return max(r.cfg.Timeout*5/2, roleLimitLeast) }

// onRoleLimit answers a command whose role isn't held yet. What it began goes on.
func (r *resource) onRoleLimit(m *roleLimit) {
	for i, w := range r.waiting {
		if w.epoch != m.epoch || w.epoch == 0 {
			continue
		}
		r.waiting = append(r.waiting[:i:i], r.waiting[i+1:]...)
		reason := fmt.Sprintf("still %s after %v; it goes on by itself, 'hastctl status' tells", r.fsm.Current(), r.roleLimit())
		if r.reason != "" {
			reason += " (" + r.reason + ")"
		}
		r.settleRole(w, reason)
		return
	}
}
