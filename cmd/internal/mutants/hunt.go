package mutants

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Hunt looks for mutants with seeds of the made-up world, and with scenarios and tests where seeds don't
// find them.
type Hunt struct {
	// Root is the top of the source tree.
	Root string
	// Set is what is hunted; Wanted says which of its mutants, nil for all.
	Set    *Set
	Wanted func(m *Mutant) bool
	// Bases are the first seeds of independent series; Seeds is how many of each may be tried.
	Bases []uint64
	Seeds int
	// Head is how many seeds of the first series come before the scenarios, which are the quicker hunters of
	// what seeds find rarely; 0: all of them.
	Head int
	// Scenarios are files of scripts, Tests packages whose tests are tried last, from the top of the tree.
	Scenarios, Tests []string
	// Profile is the campaign's.
	Profile string
	// Patience is how long one seed may take before it counts as hanging.
	Patience time.Duration
	// Jobs is how many processes hunt at once.
	Jobs int
	// Results is a file in which facts and reports are kept as they come, so that a hunt that was interrupted
	// goes on where it was; empty for none.
	Results string
	// Told is called with each mutant's report as it comes, from one goroutine at a time.
	Told func(r *Report)

	trial string // the binary
	dir   string
	facts survey
	tests tests
	kept  *results
}

// The ways in which a mutant is found.
const (
	BySeed     = "seed"
	ByScenario = "scenario"
	ByTest     = "test"
)

// Report is what became of one mutant.
type Report struct {
	Mutant
	// Seeds are how many seeds each base took; 0: it was not found with all of them.
	Seeds []int `json:"seeds"`
	// By says what found it, empty for nothing; Where is the scenario or the test.
	By    string `json:"by,omitempty"`
	Where string `json:"where,omitempty"`
	// Invariant is what found it at the first base, Text its words.
	Invariant string `json:"invariant,omitempty"`
	Text      string `json:"text,omitempty"`
	// Met says that a run came to it at all.
	Met bool `json:"met"`
	// Excuse says why it need not be found, if it is listed as equivalent.
	Excuse string `json:"excuse,omitempty"`
}

// Found reports whether every base found it, or a scenario or test.
func (r *Report) Found() bool { return r.By != "" }

// Median and Worst are over the bases, of those that found it; 0 if none did.
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

// Run hunts. It ends early, with what it has, when ctx does.
func (h *Hunt) Run(ctx context.Context) (all []*Report, err error) {
	if h.dir, err = os.MkdirTemp("", "hastsim-mutants-"); err != nil {
		return nil, err
	}
	defer os.RemoveAll(h.dir)
	h.trial = filepath.Join(h.dir, "trial")
	if err := h.Set.Build(ctx, h.Root, "./cmd/internal/mutants/trial", h.dir, h.trial); err != nil {
		return nil, err
	}
	h.facts.known = make(map[string]fact)
	if h.Results != "" {
		if h.kept, err = openResults(h.Results, h.key()); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, h.kept.close()) }()
		for _, f := range h.kept.facts {
			h.facts.known[f.Item] = f
		}
	}
	excuses, err := Equivalents()
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	var errs []error
	tell := func(r *Report) {
		r.Excuse = excuses[r.Name]
		all = append(all, r)
		if h.Told != nil {
			h.Told(r)
		}
	}
	work := make(chan *Mutant)
	var wait sync.WaitGroup
	for range max(1, h.Jobs) {
		wait.Go(func() {
			for m := range work {
				r, err := h.hunt(ctx, m)
				if ctx.Err() != nil {
					continue
				}
				mu.Lock()
				if err == nil && h.kept != nil {
					err = h.kept.add(line{Report: r})
				}
				if err != nil {
					errs = append(errs, fmt.Errorf("%s: %w", m.Name, err))
				} else {
					tell(r)
				}
				mu.Unlock()
			}
		})
	}
	for i := range h.Set.Mutants {
		m := &h.Set.Mutants[i]
		if h.Wanted != nil && !h.Wanted(m) || ctx.Err() != nil {
			continue
		}
		if h.kept != nil && h.kept.reports[m.Name] != nil {
			mu.Lock()
			tell(h.kept.reports[m.Name])
			mu.Unlock()
			continue
		}
		work <- m
	}
	close(work)
	wait.Wait()
	slices.SortFunc(all, func(a, b *Report) int { return a.ID - b.ID })
	return all, errors.Join(errs...)
}

// hunt tries one mutant: with the seeds of every base, and with scenarios and tests if those of one don't
// find it.
func (h *Hunt) hunt(ctx context.Context, m *Mutant) (r *Report, err error) {
	r = &Report{Mutant: *m}
	early := h.testedFirst(m)
	if early {
		if err := h.unit(ctx, r); err != nil || r.Found() {
			return r, err
		}
	}
	head := h.Head > 0 && h.Head < h.Seeds // scenarios come in between
	for i, base := range h.Bases {
		n, from := 0, 0
		if head && i == 0 {
			if n, err = h.series(ctx, r, base, 0, h.Head); err != nil {
				return nil, err
			}
			from = h.Head
			if n == 0 {
				if done, err := h.scenarios(ctx, r); done || err != nil {
					r.Seeds = append(r.Seeds, 0)
					return r, err
				}
			}
		}
		if n == 0 {
			if n, err = h.series(ctx, r, base, from, h.Seeds); err != nil {
				return nil, err
			}
		}
		if r.Seeds = append(r.Seeds, n); n == 0 {
			break
		}
	}
	if !slices.Contains(r.Seeds, 0) {
		r.By = BySeed
		return r, nil
	}
	if !head {
		if done, err := h.scenarios(ctx, r); done || err != nil {
			return r, err
		}
	}
	if !early {
		err = h.unit(ctx, r)
	}
	return r, err
}

// testedFirst reports a mutant that the tests of packages are tried for before anything else: those of states take a
// second, and what they miss is little.
func (h *Hunt) testedFirst(m *Mutant) bool { return h.Head > 0 && strings.HasPrefix(m.File, "states/") }

// batch is how many seeds are looked at in one go, at first and at most: most mutants are found by the
// first few, and what all of them have is found out for as many as anyone needs.
const batch, batchMost = 20, 320

// series tries the seeds [from,to) of one base, until one fails. It returns how many were needed, 0 for none found.
func (h *Hunt) series(ctx context.Context, r *Report, base uint64, from, to int) (int, error) {
	for n := batch; from < to; n = min(2*n, batchMost) {
		n = min(n, to-from)
		items := make([]string, n)
		for i := range items {
			items[i] = strconv.FormatUint(base+uint64(from+i), 10)
		}
		o, err := h.try(ctx, r, items)
		if err != nil {
			return 0, err
		}
		if o.Failed {
			if r.Invariant == "" {
				r.Invariant, r.Text = o.Invariant, o.Text
			}
			return from + slices.Index(items, o.Item) + 1, nil
		}
		from += n
	}
	return 0, nil
}

// scenarios tries those.
func (h *Hunt) scenarios(ctx context.Context, r *Report) (found bool, err error) {
	o, err := h.try(ctx, r, h.Scenarios)
	if err != nil || !o.Failed {
		return false, err
	}
	r.By, r.Where, r.Invariant, r.Text = ByScenario, filepath.Base(o.Item), o.Invariant, o.Text
	return true, nil
}

// unit tries the tests of packages.
func (h *Hunt) unit(ctx context.Context, r *Report) error {
	where, text, err := h.tests.try(ctx, h, &r.Mutant)
	if err == nil && where != "" {
		r.By, r.Where, r.Text = ByTest, where, text
	}
	return err
}

// try plays those of the items that come to the mutant and pass without it, until one fails. The others need
// not be played: up to where it is met, a run is the same with and without it.
func (h *Hunt) try(ctx context.Context, r *Report, items []string) (Outcome, error) {
	facts, err := h.survey(ctx, items)
	if err != nil {
		return Outcome{}, err
	}
	var worth []string
	for i, f := range facts {
		if f.meets(r.ID) {
			r.Met = true
			if !f.Failed {
				worth = append(worth, items[i])
			}
		}
	}
	if len(worth) == 0 {
		return Outcome{}, nil
	}
	last := Outcome{}
	err = h.play(ctx, r.ID, worth, func(o Outcome) bool {
		last = o
		return !o.Failed
	})
	return last, err
}
