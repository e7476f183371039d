package actors

import (
	"fmt"
	"testing"

	"github.com/asynkron/protoactor-go/actor"

	"hast/states"
	"hast/states/activemap"
	"hast/wire"
)

// What a localdisk asks of its component in each turn, and whom it tells what.

var errNoFlush = fmt.Errorf("made up: %w", wire.EOPNOTSUPP)

func TestLocaldiskOpens(t *testing.T) {
	story := func(name string, spoil func(media []byte, rec *states.Record), play func(w *diskScene)) diskStory {
		return diskStory{name, func(t *testing.T) *diskScene {
			rec := diskRecord()
			if spoil != nil {
				spoil(nil, &rec)
			}
			media := sceneMedia(t, rec, 0x03)
			if spoil != nil {
				spoil(media, &rec)
			}
			w := newDiskScene(t, media)
			play(w)
			return w
		}}
	}
	in := func(media []byte, off uint64) {
		if media != nil {
			clear(media[off : off+4096])
		}
	}
	offs := states.SlotsBelow(sceneLocalOff)
	diskStories(t, "localdisk-opens",
		story("in order", nil, func(w *diskScene) {
			w.open()
			w.do("describe", &describeDisk{})
			w.do("stopping", &actor.Stopping{})
		}),
		story("somebody else has it", nil, func(w *diskScene) {
			w.do("open", &openDisk{})
			w.do("busy", &DiskOpened{Epoch: w.d.epoch, Err: fmt.Errorf("made up: %w", wire.EBUSY)})
			w.do("open", &openDisk{})
			w.do("late", &DiskOpened{Epoch: w.d.epoch - 1, Disk: diskSceneDisk{w}})
			w.do("late", &DiskOpened{Epoch: w.d.epoch - 1, Err: errDisk})
			w.do("ill", &DiskOpened{Epoch: w.d.epoch, Err: errDisk})
			w.do("describe", &describeDisk{})
			w.do("stopping", &actor.Stopping{})
		}),
		story("too small", nil, func(w *diskScene) {
			w.media = w.media[:2048]
			w.begin()
		}),
		story("it has become smaller", nil, func(w *diskScene) {
			w.media = w.media[:sceneLocalOff+4096]
			w.open2()
		}),
		story("of another resource", func(_ []byte, rec *states.Record) { rec.Resource = "other" }, func(w *diskScene) { w.open2() }),
		story("sectors that don't fit", nil, func(w *diskScene) {
			w.do("open", &openDisk{})
			w.do("it is open", &DiskOpened{Epoch: w.d.epoch, Disk: diskSceneDisk{w}, Size: int64(len(w.media)), Sector: 24576})
			w.rest()
		}),
		story("nothing on it", func(media []byte, _ *states.Record) { clear(media) }, func(w *diskScene) { w.open2() }),
		story("the block is torn", func(media []byte, _ *states.Record) { in(media, 0) }, func(w *diskScene) { w.open() }),
		story("a copy is torn", func(media []byte, _ *states.Record) { in(media, offs[0]) }, func(w *diskScene) { w.open() }),
		story("a copy is torn, and can't be written", func(media []byte, _ *states.Record) { in(media, offs[1]) }, func(w *diskScene) {
			w.begin()
			w.rest()
			w.do("no entry", &LedgerRead{Epoch: w.d.epoch})
			w.op(errDisk)
			w.rest()
		}),
		story("nothing can be read", nil, func(w *diskScene) {
			w.begin()
			for len(w.ops) > 0 {
				w.op(errDisk)
			}
		}),
		story("the map can't be read", nil, func(w *diskScene) {
			w.begin()
			w.rest()
			w.do("no entry", &LedgerRead{Epoch: w.d.epoch})
			w.op(errDisk)
		}),
		story("the flush fails", func(_ []byte, rec *states.Record) { rec.Unclean = states.UncleanBegan }, func(w *diskScene) {
			w.begin()
			w.rest()
			w.do("no entry", &LedgerRead{Epoch: w.d.epoch})
			w.op(nil)
			w.op(errDisk)
			w.open()
			w.save(1)
			w.rest()
		}),
		story("it can't flush", nil, func(w *diskScene) {
			w.begin()
			w.rest()
			w.do("no entry", &LedgerRead{Epoch: w.d.epoch})
			w.op(nil)
			w.op(errNoFlush)
			w.flush(1)
			w.op(errNoFlush)
			w.save(2)
			w.rest()
			w.serve(states.OpFlush, 0, 0)
			w.op(errNoFlush)
		}),
		story("the ledger can't be read", nil, func(w *diskScene) {
			w.begin()
			w.rest()
			w.do("late", &LedgerRead{Epoch: 1, Err: errDisk})
			w.do("an error", &LedgerRead{Epoch: w.d.epoch, Err: errDisk})
		}),
		story("it was given up", nil, func(w *diskScene) {
			for _, err := range []error{nil, errDisk} {
				w.begin()
				w.rest()
				data, _ := entry(w.d.rec)
				w.do("an entry", &LedgerRead{Epoch: w.d.epoch, Data: data})
				w.rest()
				w.do("late", &LedgerWritten{Epoch: 1})
				w.do("it is gone", &LedgerWritten{Epoch: w.d.epoch, Err: err})
				w.rest()
			}
		}),
		story("it was given up, and can't say so", nil, func(w *diskScene) {
			w.begin()
			w.rest()
			data, _ := entry(w.d.rec)
			w.do("an entry", &LedgerRead{Epoch: w.d.epoch, Data: data})
			w.op(errDisk)
		}),
		story("another one was given up", nil, func(w *diskScene) {
			w.begin()
			w.rest()
			other := w.d.rec
			other.ResUID = 4
			data, _ := entry(other)
			w.do("an entry", &LedgerRead{Epoch: w.d.epoch, Data: data})
			w.do("it is gone", &LedgerWritten{Epoch: w.d.epoch})
			w.rest()
		}),
	)
}

// open2 is an opening that ends before the ledger is asked.
func (w *diskScene) open2() {
	w.t.Helper()
	w.begin()
	w.rest()
}

func TestLocaldiskWorks(t *testing.T) {
	gateMap := func(w *diskScene, tag uint64, data ...byte) {
		w.do(fmt.Sprintf("save map %d", tag), &saveMap{to: w.address("gate"), tag: tag, runs: []activemap.Run{{Off: 0, Data: data}}})
	}
	diskStories(t, "localdisk-works",
		diskStory{"requests", func(t *testing.T) *diskScene {
			w := opened(t, diskRecord(), 0)
			w.ask(states.OpRead, 4096, 512)
			w.ask(states.OpWrite, 0, 4096)
			w.ask(states.OpZero, 8192, 512)
			w.ask(states.OpDelete, 8192, 4096)
			w.op(errDisk)
			w.rest()
			w.serve(states.OpRead, 0, 512)
			w.serve(states.OpWrite, 512, 512)
			w.serve(states.OpDelete, 512, 512)
			w.serve(states.OpFlush, 0, 0)
			w.op(nil)
			w.op(errDisk)
			w.rest()
			w.flush(7)
			w.flush(8)
			w.rest()
			w.do("a late one", &DiskOp{Epoch: 1})
			return w
		}},
		diskStory{"records and maps", func(t *testing.T) *diskScene {
			w := opened(t, diskRecord(), 0)
			w.save(1)
			gateMap(w, 2, 1, 2)
			w.do("save nothing", &saveMap{to: w.address("gate"), tag: 3})
			w.do("describe", &describeDisk{})
			w.rest()
			for i := range 6 {
				w.save(uint64(10 + i))
				for range i {
					w.op(nil)
				}
				w.op(errDisk)
				w.rest()
				w.flush(uint64(20 + i))
				w.rest()
			}
			gateMap(w, 4, 3)
			w.op(errDisk)
			gateMap(w, 5, 3)
			w.op(nil)
			w.op(errDisk)
			w.flush(6)
			w.rest()
			w.serve(states.OpFlush, 0, 0)
			w.rest()
			gateMap(w, 7, 3)
			w.op(nil)
			w.op(errDisk)
			w.serve(states.OpFlush, 0, 0)
			w.rest()
			w.res.cfg.MetaFlush = false
			gateMap(w, 8, 3)
			w.save(9)
			w.rest()
			return w
		}},
		diskStory{"a flush fails while a record is written", func(t *testing.T) *diskScene {
			w := opened(t, diskRecord(), 0)
			w.flush(1)
			w.save(2)
			w.op(errDisk)
			w.rest()
			return w
		}},
		diskStory{"FreeBSD's layout", func(t *testing.T) *diskScene {
			w := opened(t, diskRecord(), 0)
			w.d.rec.LocalOff = 8192
			w.save(1)
			w.rest()
			return w
		}},
		diskStory{"what a failed flush may have lost is written anew", func(t *testing.T) *diskScene {
			w := opened(t, diskRecord(), 0)
			w.ask(states.OpWrite, 0, 4096)
			w.ask(states.OpWrite, 8192, 4096)
			w.rest()
			w.flush(1)
			w.op(errDisk)
			w.ask(states.OpWrite, 16384, 512)
			w.flush(2)
			w.flush(3)
			w.ask(states.OpWrite, 0, 512)
			w.rest()
			return w
		}},
		diskStory{"it can't be read, or not be written", func(t *testing.T) *diskScene {
			w := opened(t, diskRecord(), 0)
			w.ask(states.OpWrite, 0, 4096)
			w.rest()
			w.flush(1)
			w.op(errDisk)
			w.flush(2)
			w.ask(states.OpWrite, 4096, 512)
			w.op(errDisk)
			w.rest()
			w.serve(states.OpFlush, 0, 0)
			w.op(nil)
			w.op(errDisk)
			w.rest()
			w.ask(states.OpWrite, 0, 4096)
			w.ask(states.OpWrite, 8192, 4096)
			w.flush(3)
			w.rest()
			return w
		}},
		diskStory{"a cache in doubt after an end without order", func(t *testing.T) *diskScene {
			rec := diskRecord()
			rec.Unclean, rec.Boot, rec.PrevRole = states.UncleanBegan, "boot-2", states.RolePrimary
			w := opened(t, rec, 0x05)
			w.serve(states.OpRead, 4096, 512)
			w.op(nil)
			w.serve(states.OpRead, 0, 512)
			w.op(nil)
			w.op(errDisk) // the unit, so that it is taken in pieces
			w.ask(states.OpWrite, 4096, 512)
			w.op(errDisk)
			w.flush(1)
			w.rest()
			return w
		}},
		diskStory{"as a secondary all of it", func(t *testing.T) *diskScene {
			rec := diskRecord()
			rec.Unclean, rec.Boot, rec.PrevRole = states.UncleanBegan, "boot-2", states.RoleSecondary
			w := opened(t, rec, 0)
			w.serve(states.OpRead, 0, 512)
			w.rest()
			w.flush(1)
			w.rest()
			return w
		}},
	)
}

func TestLocaldiskSticks(t *testing.T) {
	diskStories(t, "localdisk-sticks",
		diskStory{"it is told after a while, and given up", func(t *testing.T) *diskScene {
			w := opened(t, diskRecord(), 0)
			w.tick(1)
			w.ask(states.OpWrite, 0, 4096)
			w.tick(10)
			w.ask(states.OpRead, 0, 4096)
			w.do("a late tick", &diskTick{epoch: 1})
			w.tick(12)
			w.save(1)
			w.save(2)
			w.flush(3)
			w.do("quarantine", &quarantine{})
			w.bounced()
			w.tick(3)
			w.ask(states.OpRead, 0, 4096)
			w.save(4)
			w.flush(5)
			w.do("open it again", &reopenDisk{})
			w.op(nil)
			w.rest()
			w.tick(1)
			return w
		}},
		diskStory{"it is opened again", func(t *testing.T) *diskScene {
			w := opened(t, diskRecord(), 0)
			w.do("quarantine", &quarantine{})
			w.do("open it again", &reopenDisk{})
			w.do("open it again", &reopenDisk{})
			w.do("it is closed", &DiskClosed{Epoch: w.d.epoch})
			w.do("not there", &DiskOpened{Epoch: w.d.epoch, Err: errDisk})
			w.ask(states.OpRead, 0, 4096)
			w.do("open it again", &reopenDisk{})
			w.do("it is open", &DiskOpened{Epoch: w.d.epoch, Disk: diskSceneDisk{w}, Size: int64(len(w.media)), Sector: 512})
			w.rest()
			w.do("no entry", &LedgerRead{Epoch: w.d.epoch})
			w.rest()
			w.ask(states.OpRead, 0, 512)
			w.rest()
			w.do("it is closed", &DiskClosed{Epoch: w.d.epoch})
			return w
		}},
		diskStory{"given up in the midst of writing anew", func(t *testing.T) *diskScene {
			w := opened(t, diskRecord(), 0)
			for n := range 3 {
				w.ask(states.OpWrite, 0, 4096)
				w.rest()
				w.flush(1)
				w.op(errDisk)
				w.ask(states.OpWrite, 8192, 512)
				w.flush(2)
				for range n {
					w.op(nil)
				}
				w.ask(states.OpWrite, 4096, 512)
				w.do("quarantine", &quarantine{})
				w.bounced()
				w.do("open it again", &reopenDisk{})
				w.rest()
				w.do("stopping", &actor.Stopping{})
				w.d.quarantined, w.d.open = false, true
			}
			return w
		}},
		diskStory{"it ends while it is opened again", func(t *testing.T) *diskScene {
			w := opened(t, diskRecord(), 0)
			w.do("quarantine", &quarantine{})
			w.do("open it again", &reopenDisk{})
			w.do("it is closed", &DiskClosed{Epoch: w.d.epoch})
			w.do("stopping", &actor.Stopping{})
			return w
		}},
	)
}
