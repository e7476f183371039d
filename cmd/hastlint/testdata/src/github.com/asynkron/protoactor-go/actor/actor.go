// Package actor is as much of protoactor's as the rules look at.
package actor

import "time"

type (
	Future struct{}
	Props  struct{}
	PID    struct{}
	Actor  any

	Context interface {
		RequestFuture(pid *PID, message any, timeout time.Duration) *Future
		StopFuture(pid *PID) *Future
		PoisonFuture(pid *PID) *Future
		ReenterAfter(f *Future, then func(any, error))
		SetReceiveTimeout(d time.Duration)
		Stash()
		Send(pid *PID, message any)
	}
	RootContext struct{}
)

func (*RootContext) RequestFuture(pid *PID, message any, timeout time.Duration) *Future { return nil }

func PropsFromProducer(func() Actor) *Props                      { return nil }
func PropsFromFunc(func(Context)) *Props                         { return nil }
func NewOneForOneStrategy(int, time.Duration, func(any) int) any { return nil }
