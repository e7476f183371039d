package mutants

import (
	"context"
	"fmt"
	"sync"
)

// survey is what is known of items without any mutant in force.
type survey struct {
	mu    sync.Mutex
	known map[string]fact
}

// fact is what is known of one item: whether it fails without any mutant, so that its failing proves
// nothing, and which mutants its run comes to.
type fact struct {
	Item   string `json:"item"`
	Failed bool   `json:"failed,omitempty"`
	Seen   []byte `json:"seen,omitempty"`
}

func (f *fact) meets(id int) bool { return id/8 < len(f.Seen) && f.Seen[id/8]>>(id%8)&1 != 0 }

// survey returns what is known of items, and finds out what isn't.
func (h *Hunt) survey(ctx context.Context, items []string) ([]fact, error) {
	h.facts.mu.Lock()
	defer h.facts.mu.Unlock()
	var missing []string
	for _, item := range items {
		if _, ok := h.facts.known[item]; !ok {
			missing = append(missing, item)
		}
	}
	var kept error
	err := h.play(ctx, 0, missing, func(o Outcome) bool {
		f := fact{o.Item, o.Failed, o.Seen}
		h.facts.known[o.Item] = f
		if h.kept != nil {
			kept = h.kept.add(line{Fact: &f})
		}
		return kept == nil
	})
	if err == nil {
		err = kept
	}
	if err != nil {
		return nil, fmt.Errorf("without a bug: %w", err)
	}
	facts := make([]fact, len(items))
	for i, item := range items {
		facts[i] = h.facts.known[item]
	}
	return facts, nil
}
