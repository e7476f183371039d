package demo

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/mattn/go-isatty"
	"github.com/schollz/progressbar/v3"

	"hast/actors"
	"hast/cmd/internal/report"
)

// teller tells a reader what happens, in numbered steps.
type teller struct {
	w    io.Writer
	step int
}

// next begins a step.
func (t *teller) next(format string, args ...any) {
	t.step++
	fmt.Fprintf(t.w, "\n%d. %s\n", t.step, fmt.Sprintf(format, args...))
}

// say adds to a step.
func (t *teller) say(format string, args ...any) {
	fmt.Fprintf(t.w, "   %s\n", fmt.Sprintf(format, args...))
}

// block adds lines to a step.
func (t *teller) block(text string) {
	for _, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		fmt.Fprintf(t.w, "     %s\n", line)
	}
}

// row is a line of the summary.
func (t *teller) row(what, format string, args ...any) {
	fmt.Fprintf(t.w, "   %-36s %s\n", what, fmt.Sprintf(format, args...))
}

// status shows what hastctl status says of a node.
func (t *teller) status(d *daemon) error {
	rep, err := d.ask(statusRequest, answerTime)
	if err != nil {
		return err
	}
	var b strings.Builder
	report.Status(&b, rep)
	t.say("hastctl status, on node %s:", d.node)
	t.block(b.String())
	return nil
}

// progress shows how far a synchronization is.
type progress struct {
	t    *teller
	bar  *progressbar.ProgressBar // nil without a terminal
	seen uint64                   // most bytes that were left or copied
	told uint64                   // tenths that were told, without a terminal
}

func (t *teller) progress(what string) *progress {
	p := &progress{t: t}
	if f, ok := t.w.(*os.File); ok && isatty.IsTerminal(f.Fd()) {
		p.bar = progressbar.NewOptions64(1, progressbar.OptionSetWriter(f), progressbar.OptionShowBytes(true),
			progressbar.OptionSetDescription("   "+what), progressbar.OptionSetWidth(40), progressbar.OptionOnCompletion(func() { fmt.Fprintln(f) }))
	}
	return p
}

// show takes one status.
func (p *progress) show(s *actors.Status) {
	copied, left := s.Sync.Copied, s.Sync.Remaining
	if p.seen = max(p.seen, copied+left); p.seen == 0 {
		return
	}
	if p.bar != nil {
		p.bar.ChangeMax64(int64(p.seen))
		if left > 0 { // The bar is complete when the synchronization is, which is later than its last copy.
			_ = p.bar.Set64(int64(copied))
		}
		return
	}
	if tenths := (p.seen - min(left, p.seen)) * 10 / p.seen; tenths > p.told {
		p.told = tenths
		p.t.say("%3d%% of %s copied", tenths*10, report.Human(p.seen))
	}
}

// end completes the bar.
func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}
