package simulation

import "testing"

// The uniform order lets each of those that can run have the next turn, about as often as the others.
func TestUniformOrderIsFair(t *testing.T) {
	w := newWorld(t, 1)
	first, second, third := &mailbox{}, &mailbox{}, &mailbox{}
	w.ready = []*mailbox{first, second, third}
	had := map[*mailbox]int{}
	for range 300 {
		had[w.order.pick(w, nil)]++
	}
	w.ready = nil
	for i, m := range []*mailbox{first, second, third} {
		if had[m] < 60 {
			t.Errorf("mailbox %d had %d of 300 turns", i, had[m])
		}
	}
}
