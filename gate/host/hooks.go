package host

import (
	"errors"
	"fmt"
	"os/exec"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/hashicorp/go-hclog"

	"hast/actors"
	"hast/gate/spawn"
)

const (
	hooksAtOnce  = 4  // how many programs run at once
	hooksWaiting = 64 // how many, running or waiting, there may be
	hookPatience = 60 * time.Second
)

// hooks runs the programs that hast.conf names with exec.
type hooks struct {
	log     hclog.Logger
	tell    func(*actor.PID, any)
	running chan struct{}
	waiting chan struct{}
	// patience is after which time, again and again, a program that still runs is logged.
	patience time.Duration
}

func newHooks(log hclog.Logger, tell func(*actor.PID, any)) *hooks {
	return &hooks{
		log: log, tell: tell, patience: hookPatience,
		running: make(chan struct{}, hooksAtOnce),
		waiting: make(chan struct{}, hooksWaiting),
	}
}

var errHooksBusy = fmt.Errorf("not started: %d exec programs have not ended yet", hooksWaiting)

// Run starts argv, with /dev/null for its input and output, once fewer than hooksAtOnce run.
func (h *hooks) Run(o actors.Owner, argv []string) {
	done := func(err error) { h.tell(o.PID, &actors.HookDone{Epoch: o.Epoch, Argv: argv, Err: err}) }
	spawn.Go("exec program", func(err error, stack []byte) {
		h.log.Error("exec program failed", "argv", argv, "error", err, "stack", string(stack))
		done(err)
	}, func() {
		select {
		case h.waiting <- struct{}{}:
		default:
			done(errHooksBusy)
			return
		}
		h.running <- struct{}{}
		err := h.run(argv)
		<-h.running
		<-h.waiting
		done(err)
	})
}

func (h *hooks) run(argv []string) error {
	if len(argv) == 0 || argv[0] == "" {
		return errors.New("no exec program is named")
	}
	cmd := exec.Command(argv[0], argv[1:]...)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("exec program %s: %w", argv[0], err)
	}
	ended := make(chan struct{})
	defer close(ended)
	started := time.Now()
	spawn.Go("watch of an exec program", func(error, []byte) {}, func() {
		tick := time.NewTicker(h.patience)
		defer tick.Stop()
		for {
			select {
			case <-ended:
				return
			case <-tick.C:
				h.log.Warn("exec program still runs", "argv", argv, "pid", cmd.Process.Pid,
					"since", time.Since(started).Round(time.Second).String())
			}
		}
	})
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("exec program %s: %w", argv[0], err)
	}
	return nil
}
