package mutants

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// Outcome is what a trial says of one item, a line of its output each.
type Outcome struct {
	Item      string `json:"item"` // a seed, or the path of a script
	Failed    bool   `json:"failed"`
	Invariant string `json:"invariant,omitempty"`
	Text      string `json:"text,omitempty"`
	// Seen are the mutants that the run came to, a bit for each ID.
	Seen []byte `json:"seen,omitempty"`
}

// Begin is what a trial's line begins with that says which item is next.
const Begin = "at "

// The invariants of a run that doesn't come to an end, and of one whose process fell.
const hanging, crashed = "hang", "crash"

// play plays items with a mutant in force, 0 for none, one after the other, for as long as the outcomes
// make told return true. A process is ended when an item takes longer than the patience, for a mutant may
// make an endless loop of a turn; that item has failed, and those behind it are played by another process.
func (h *Hunt) play(ctx context.Context, id int, items []string, told func(o Outcome) (goOn bool)) error {
	for len(items) > 0 {
		done, goOn, err := h.process(ctx, id, items, told)
		if err != nil || !goOn {
			return err
		}
		items = items[done:]
	}
	return nil
}

// process plays items with one process. It returns how many have an outcome, and whether to go on.
func (h *Hunt) process(ctx context.Context, id int, items []string, told func(o Outcome) bool) (done int, goOn bool, err error) {
	own, cancel := context.WithCancel(ctx)
	defer cancel()
	c := exec.CommandContext(own, h.trial, append([]string{h.Profile}, items...)...)
	c.Env = append(os.Environ(), Env+"="+strconv.Itoa(id), "GOMAXPROCS=1", "GOTRACEBACK=none")
	var said bytes.Buffer
	c.Stderr = &said
	out, err := c.StdoutPipe()
	if err != nil {
		return 0, false, err
	}
	if err := c.Start(); err != nil {
		return 0, false, err
	}
	patience := time.AfterFunc(h.Patience, cancel)
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	at, goOn := "", true
	for goOn && lines.Scan() {
		if item, ok := strings.CutPrefix(lines.Text(), Begin); ok {
			at = item
			patience.Reset(h.Patience)
			continue
		}
		var o Outcome
		if json.Unmarshal(lines.Bytes(), &o) != nil || o.Item != at {
			continue // something else that the process said
		}
		at = ""
		done++
		goOn = told(o)
	}
	hung := !patience.Stop()
	cancel() // nobody wants the rest
	ended := c.Wait()
	switch {
	case ctx.Err() != nil:
		return done, false, ctx.Err()
	case !goOn || done == len(items):
		return done, goOn, nil
	case at == "":
		return done, false, fmt.Errorf("a trial ended before its work: %v: %s", ended, firstLine(said.String()))
	case hung:
		return done + 1, told(Outcome{Item: at, Failed: true, Invariant: hanging, Text: fmt.Sprintf("no end within %v", h.Patience)}), nil
	}
	// The process fell: the bug is in what holds it up, too.
	return done + 1, told(Outcome{Item: at, Failed: true, Invariant: crashed, Text: fmt.Sprintf("%v: %s", ended, firstLine(said.String()))}), nil
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	return s
}
