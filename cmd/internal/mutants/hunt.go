package mutants

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Hunt looks for mutants with seeds of the made-up world.
type Hunt struct {
	// Root is the top of the source tree.
	Root string
	// Set is what is hunted; Wanted says which of its mutants, nil for all.
	Set    *Set
	Wanted func(m *Mutant) bool
	// Bases are the first seeds of independent series; Seeds is how many of each may be tried.
	Bases []uint64
	Seeds int
	// Profile is the campaign's.
	Profile string
	// Patience is how long one seed may take before it counts as hanging.
	Patience time.Duration
	// Jobs is how many processes hunt at once.
	Jobs int
	// Told is called with each mutant's report as it comes, from one goroutine at a time.
	Told func(r *Report)

	trial string // the binary
	dir   string

	clean sync.Map // seeds that were tried without a bug: passed or not
}

// Report is what became of one mutant.
type Report struct {
	Mutant
	// Seeds are how many seeds each base took; 0: it was not found with all of them.
	Seeds []int `json:"seeds"`
	// Invariant is what found it at the first base, Text its words.
	Invariant string `json:"invariant,omitempty"`
	Text      string `json:"text,omitempty"`
	// Met says that a run came to it at all.
	Met bool `json:"met"`
	// Excuse says why it need not be found, if it is listed as equivalent.
	Excuse string `json:"excuse,omitempty"`
}

// Found reports whether every base found it.
func (r *Report) Found() bool { return len(r.Seeds) > 0 && !slices.Contains(r.Seeds, 0) }

// Median and Worst are over the bases, of those that found it.
func (r *Report) Median() int {
	s := slices.DeleteFunc(slices.Clone(r.Seeds), func(n int) bool { return n == 0 })
	if len(s) == 0 {
		return 0
	}
	slices.Sort(s)
	return s[len(s)/2]
}

// Worst is the largest number of seeds that a base took.
func (r *Report) Worst() int { return slices.Max(append([]int{0}, r.Seeds...)) }

// hanging is the invariant of a run that doesn't come to an end.
const hanging = "hang"

// Run hunts. It ends early, with what it has, when ctx does.
func (h *Hunt) Run(ctx context.Context) ([]*Report, error) {
	var err error
	if h.dir, err = os.MkdirTemp("", "hastsim-mutants-"); err != nil {
		return nil, err
	}
	defer os.RemoveAll(h.dir)
	h.trial = filepath.Join(h.dir, "trial")
	if err := h.Set.Build(ctx, h.Root, "./cmd/internal/mutants/trial", h.dir, h.trial); err != nil {
		return nil, err
	}
	excuses, err := Equivalents()
	if err != nil {
		return nil, err
	}
	work := make(chan *Mutant)
	go func() {
		defer close(work)
		for i := range h.Set.Mutants {
			if m := &h.Set.Mutants[i]; h.Wanted == nil || h.Wanted(m) {
				select {
				case work <- m:
				case <-ctx.Done():
					return
				}
			}
		}
	}()
	var mu sync.Mutex
	var all []*Report
	var errs []error
	var wait sync.WaitGroup
	for range max(1, h.Jobs) {
		wait.Go(func() {
			for m := range work {
				r, err := h.hunt(ctx, m)
				if ctx.Err() != nil {
					return
				}
				mu.Lock()
				if err != nil {
					errs = append(errs, fmt.Errorf("%s: %w", m.Name, err))
				} else {
					r.Excuse = excuses[m.Name]
					all = append(all, r)
					if h.Told != nil {
						h.Told(r)
					}
				}
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	slices.SortFunc(all, func(a, b *Report) int { return a.ID - b.ID })
	return all, errors.Join(errs...)
}

// hunt tries one mutant with every base. A base that doesn't find it ends the hunt: it is not found.
func (h *Hunt) hunt(ctx context.Context, m *Mutant) (*Report, error) {
	r := &Report{Mutant: *m}
	for i, base := range h.Bases {
		n, o, err := h.series(ctx, m.ID, base)
		if err != nil {
			return nil, err
		}
		r.Seeds = append(r.Seeds, n)
		r.Met = r.Met || o.Met > 0
		if i == 0 {
			r.Invariant, r.Text = o.Invariant, o.Text
		}
		if n == 0 {
			break
		}
	}
	return r, nil
}

// Outcome is what a trial says in the end, as the last line of its output.
type Outcome struct {
	Seed      uint64 `json:"seed"` // the last one
	Tried     int    `json:"tried"`
	Failed    bool   `json:"failed"`
	Invariant string `json:"invariant"`
	Text      string `json:"text"`
	Met       uint64 `json:"met"` // how often the bug in force was come to
}

// series runs the seeds of one base until one fails that doesn't fail without the bug.
func (h *Hunt) series(ctx context.Context, id int, base uint64) (int, Outcome, error) {
	met := uint64(0)
	for done := 0; done < h.Seeds; {
		o, err := h.run(ctx, id, base+uint64(done), h.Seeds-done)
		if err != nil {
			return 0, o, err
		}
		met += o.Met
		o.Met = met
		done += o.Tried
		if !o.Failed {
			return 0, o, nil
		}
		sound, err := h.sound(ctx, o.Seed)
		if err != nil {
			return 0, o, err
		}
		if sound {
			return done, o, nil
		}
	}
	return 0, Outcome{Met: met}, nil
}

// sound reports whether a seed passes without a bug: else what it finds is not the bug.
func (h *Hunt) sound(ctx context.Context, seed uint64) (bool, error) {
	if v, ok := h.clean.Load(seed); ok {
		return v.(bool), nil
	}
	o, err := h.run(ctx, 0, seed, 1)
	if err != nil {
		return false, err
	}
	h.clean.Store(seed, !o.Failed)
	return !o.Failed, nil
}

// run is one process. It is ended when a seed takes longer than the patience: a bug may make an endless
// loop of a turn.
func (h *Hunt) run(ctx context.Context, id int, first uint64, count int) (o Outcome, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c := exec.CommandContext(ctx, h.trial, strconv.FormatUint(first, 10), strconv.Itoa(count), h.Profile)
	c.Env = append(os.Environ(), Env+"="+strconv.Itoa(id), "GOMAXPROCS=1", "GOTRACEBACK=none")
	var said bytes.Buffer
	c.Stderr = &said
	out, err := c.StdoutPipe()
	if err != nil {
		return o, err
	}
	if err := c.Start(); err != nil {
		return o, err
	}
	patience := time.AfterFunc(h.Patience, cancel)
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	last := ""
	for lines.Scan() {
		last = lines.Text()
		if n, ok := strings.CutPrefix(last, "seed "); ok {
			if o.Seed, err = strconv.ParseUint(n, 10, 64); err != nil {
				break
			}
			o.Tried = int(o.Seed-first) + 1
			patience.Reset(h.Patience)
		}
	}
	ended := c.Wait()
	switch hung := !patience.Stop(); {
	case ended == nil && json.Unmarshal([]byte(last), &o) == nil:
		return o, nil
	case hung:
		o.Failed, o.Invariant, o.Text, o.Met = true, hanging, fmt.Sprintf("no end within %v", h.Patience), 1
		return o, nil
	case ctx.Err() != nil:
		return o, ctx.Err()
	}
	// The process fell: the bug is in what holds it up, too.
	text, _, _ := strings.Cut(strings.TrimSpace(said.String()), "\n")
	o.Failed, o.Invariant, o.Text, o.Met = true, "crash", fmt.Sprintf("%v: %s", ended, text), 1
	return o, nil
}
