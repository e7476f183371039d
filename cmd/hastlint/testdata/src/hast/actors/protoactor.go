package actors

import "github.com/asynkron/protoactor-go/actor"

// own embeds the library's Context: its methods stay the library's.
type own struct{ actor.Context }

// stasher has a method of its own with a refused name, which is no business of the rule.
type stasher struct{}

func (stasher) Stash() {}

func methods(c actor.Context, root *actor.RootContext, o own) {
	c.RequestFuture(nil, nil, 0)    // want `actor.RequestFuture waits on a wall timer and a goroutine: tell, and handle the answer`
	root.RequestFuture(nil, nil, 0) // want `actor.RequestFuture waits`
	c.StopFuture(nil)               // want `actor.StopFuture waits`
	c.PoisonFuture(nil)             // want `actor.PoisonFuture waits`
	c.ReenterAfter(nil, nil)        // want `actor.ReenterAfter waits`
	o.SetReceiveTimeout(0)          // want `actor.SetReceiveTimeout starts a wall timer`
	stash := o.Stash                // want `actor.Stash keeps a message where no rule sees it`
	stash()
	stasher{}.Stash()
	c.Send(nil, nil)
	actor.PropsFromProducer(nil)          // want `actor.PropsFromProducer makes Props without our dispatcher.*actors/supervise.go`
	actor.PropsFromFunc(nil)              // want `actor.PropsFromFunc makes Props`
	actor.NewOneForOneStrategy(1, 0, nil) // want `actor.NewOneForOneStrategy counts by the wall clock`
}
