package host

import (
	"slices"
	"testing"

	"github.com/asynkron/protoactor-go/actor"
)

// What waits for an actor that stops is a dead letter, as what comes later.
func TestLeftBehindIsDeadLetter(t *testing.T) {
	system := actor.NewActorSystem()
	var dead []string
	system.EventStream.Subscribe(func(event any) {
		if d, ok := event.(*actor.DeadLetterEvent); ok {
			if s, ok := d.Message.(string); ok {
				dead = append(dead, s)
			}
		}
	})
	e := newTestExecutor()
	var got []string
	pid := system.Root.Spawn(actor.PropsFromFunc(func(c actor.Context) {
		if s, ok := c.Message().(string); ok {
			got = append(got, s)
		}
	}, e.Options()...))
	system.Root.Send(pid, "in time")
	if !e.Begin() {
		t.Fatal("the executor is busy")
	}
	system.Root.Send(pid, "queued")
	system.Root.Stop(pid)
	e.End()
	system.Root.Send(pid, "late")
	if want := []string{"in time"}; !slices.Equal(got, want) {
		t.Errorf("the actor got %q, want %q", got, want)
	}
	if want := []string{"queued", "late"}; !slices.Equal(dead, want) {
		t.Errorf("dead letters %q, want %q", dead, want)
	}
}
