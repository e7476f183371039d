package simulation

import (
	"testing"
	"time"

	"hast/actors"
)

func TestClocksOfMachines(t *testing.T) {
	w := newWorld(t, 1)
	m := w.AddMachine("a", "10.0.0.1")
	m.AddDisk("/disk", 4096)
	p := start(t, m, nil)
	c := p.host.Clock
	w.RunFor(time.Second)
	m.SetRate(50_000)
	before := c.Now()
	c.TellAfter(21*time.Second, p.pid, numbered(1))
	w.RunFor(19 * time.Second)
	if n := len(messages[numbered](p)); n != 0 {
		t.Error("a timer of 21 s of a clock that is 5 % fast fired within 19 s")
	}
	w.RunFor(time.Second + 10*time.Microsecond)
	if n := len(messages[numbered](p)); n != 1 {
		t.Error("it didn't fire after 20 s")
	}
	if went := c.Now() - before; went < 21*time.Second || went > 21*time.Second+time.Millisecond {
		t.Errorf("the clock went on by %v", went)
	}
	m.SetRate(0)
	now, wall := c.Now(), c.Wall()
	m.Jump(-time.Hour)
	if c.Now() != now || c.Wall().Sub(wall) != -time.Hour {
		t.Errorf("a jump: %v, %v", c.Now()-now, c.Wall().Sub(wall))
	}
}

// A host that sleeps does nothing, and doesn't know it.
func TestHostSleep(t *testing.T) {
	seeds(t, 20, func(t *testing.T, seed uint64) {
		p := connect(t, seed)
		disk := p.b.AddDisk("/disk", 4096)
		p.pb.host.Disks.Open(p.pb.owner(1), "/disk", 4)
		opened := until[*actors.DiskOpened](t, p.w, p.pb, 1)
		c := p.pb.host.Clock
		c.TellAfter(3*time.Second, p.pb.pid, numbered(9))
		p.w.RunFor(time.Second)
		opened.Disk.Submit(&actors.DiskOp{Kind: actors.DiskWrite, Buf: filled('n', 512), To: p.pb.pid})
		before := c.Now()
		p.b.Sleep(10 * time.Minute)
		send(p.ca, 0, 100)
		p.w.RunFor(9 * time.Minute)
		if c.Now() != before || disk.Written()[0] == 'n' || len(received(t, p.pb)) != 0 || len(messages[numbered](p.pb)) != 0 {
			t.Fatalf("seed %d: something happened in a sleeping host", seed)
		}
		p.w.RunFor(time.Minute + 1900*time.Millisecond)
		if len(messages[numbered](p.pb)) != 0 || disk.Written()[0] != 'n' {
			t.Fatalf("seed %d: awake for 1.9 s, the timer of 2 s has fired, or the disk still sleeps", seed)
		}
		p.w.RunFor(200 * time.Millisecond)
		if len(messages[numbered](p.pb)) != 1 || c.Now()-before < 2*time.Second || c.Now()-before > 2200*time.Millisecond {
			t.Fatalf("seed %d: the timer didn't fire after what is %v on its clock", seed, c.Now()-before)
		}
		p.w.RunFor(time.Minute)
		inOrder(t, received(t, p.pb), 1)
		p.b.Sleep(time.Hour)
		p.b.Power()
		start(t, p.b, nil)
		p.w.RunFor(2 * time.Hour)
		mustCheck(t, p.w)
	})
}
