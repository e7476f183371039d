package hastsim

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/schollz/progressbar/v3"

	"hast/simulation/campaign"
	"hast/simulation/script"
)

// runner plays seeds on several cores, each in a world of its own: worlds share nothing but a store of
// unused parts.
type runner struct {
	app       *app
	profile   *campaign.Profile
	seeds     seeds
	workers   int
	twice     bool
	stopAfter int
	until     time.Time       // begin no seed after it; zero for always
	steer     *campaign.Steer // tells some stories near rare ones; nil for none
	found     func(r *campaign.Result, fastest bool)

	steering sync.Mutex // of steer

	sum   *campaign.Summary
	took  time.Duration
	first *campaign.Result // what failed first, in the order of seeds
	bar   *progressbar.ProgressBar
}

// play plays all seeds, and reports whether it was interrupted before that.
func (r *runner) play(stop context.Context) (interrupted bool) {
	begun := time.Now()
	r.progress()
	results := make(chan *campaign.Result)
	var next atomic.Uint64 // how many seeds were given out
	var enough atomic.Bool
	var all sync.WaitGroup
	total := r.seeds.last - r.seeds.first // one less than there are
	for range r.workers {
		all.Go(func() {
			for !enough.Load() && stop.Err() == nil && (r.until.IsZero() || time.Now().Before(r.until)) {
				i := next.Add(1) - 1
				if i > total {
					return
				}
				results <- r.one(r.seeds.first + i)
			}
		})
	}
	go func() {
		all.Wait()
		close(results)
	}()
	for res := range results {
		r.take(res)
		if r.stopAfter > 0 && r.sum.Failures >= r.stopAfter {
			enough.Store(true)
		}
	}
	r.took = time.Since(begun)
	if r.bar != nil {
		_ = r.bar.Finish()
		fmt.Fprintln(r.app.stderr)
	}
	return stop.Err() != nil
}

// one plays one seed, twice if that is asked for. A failing seed is never played again for a better result.
func (r *runner) one(seed uint64) *campaign.Result {
	o := r.app.options()
	o.Coverage = true
	if s := r.near(seed); s != nil {
		res := campaign.Play(s, o)
		res.Near = true
		return res
	}
	if r.twice {
		return campaign.Twice(campaign.Generate(seed, r.profile), o)
	}
	return campaign.Seed(seed, r.profile, o)
}

// nearEvery is how many seeds there are for each one that is told near another: a story told near another reaches fewer
// new cells than a fresh one does (docs/simulation.md).
const nearEvery = 4

// near is the script of such a seed when there is somebody to steer.
func (r *runner) near(seed uint64) *script.Script {
	if r.steer == nil || seed%nearEvery != 1 {
		return nil
	}
	r.steering.Lock()
	defer r.steering.Unlock()
	return r.steer.Near(seed)
}

// take adds a result.
func (r *runner) take(res *campaign.Result) {
	fastest := r.sum.Add(res)
	if r.steer != nil {
		r.steering.Lock()
		r.steer.Learn(res)
		r.steering.Unlock()
	}
	if r.bar != nil {
		_ = r.bar.Add(1)
	}
	if !res.Failed() {
		return
	}
	if r.first == nil || res.Seed < r.first.Seed {
		r.first = res
	}
	if r.bar != nil {
		_ = r.bar.Clear()
	}
	fmt.Fprintln(r.app.stdout, res.Line())
	if r.found != nil {
		r.found(res, fastest)
	}
}

// progress makes a bar if somebody looks.
func (r *runner) progress() {
	f, ok := r.app.stderr.(*os.File)
	if !ok || !isatty.IsTerminal(f.Fd()) {
		return
	}
	n := int64(-1) // it is not known how many
	if span := r.seeds.last - r.seeds.first; span < 1<<40 {
		n = int64(span) + 1
	}
	r.bar = progressbar.NewOptions64(n, progressbar.OptionSetWriter(f), progressbar.OptionShowIts(), progressbar.OptionSetItsString("seeds"),
		progressbar.OptionSetDescription("playing"), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionShowCount())
}
