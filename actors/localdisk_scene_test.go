package actors

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/asynkron/protoactor-go/actor"

	"hast/states"
	"hast/wire"
)

// diskScene is a localdisk on a scene. Its component is memory, which does nothing before a test has it do it.
type diskScene struct {
	*scene
	d     *localdisk
	media []byte
	ops   []*DiskOp // at the component, oldest first
	gone  bool
	last  string
}

const sceneLocalOff = 128 << 10

func diskRecord() states.Record {
	rec := sceneRecord()
	rec.LocalOff = sceneLocalOff
	return rec
}

// sceneMedia is a component with a record, and the map's first byte.
func sceneMedia(t *testing.T, rec states.Record, image byte) []byte {
	t.Helper()
	media := make([]byte, int(rec.LocalOff+rec.DataSize))
	offs, ok := rec.CopyOffsets()
	if !ok {
		t.Fatal("the scene's component has no room for copies")
	}
	put := func(off uint64, b []byte, err error) {
		if err != nil {
			t.Fatal(err)
		}
		copy(media[off:], b)
	}
	b, err := wire.EncodeBlock(&rec, 1)
	put(0, b, err)
	for _, off := range offs {
		b, err = wire.EncodeCopy(&rec, 1, off)
		put(off, b, err)
	}
	media[states.MapOffset] = image
	for i := range int(rec.DataSize) {
		media[int(rec.LocalOff)+i] = byte(0xd0 + i/4096)
	}
	return media
}

func newDiskScene(t *testing.T, media []byte) *diskScene {
	w := &diskScene{scene: newScene(t), media: media}
	w.h.Disks, w.h.Ledger = diskSceneDisks{w}, diskLedger{w.scene}
	w.res.cfg.StateDir, w.res.cfg.Workers = "/state", 3
	w.res.cache = &diskCache{} // nil: nothing was opened
	w.d = &localdisk{res: w.res, log: w.res.log}
	w.start("localdisk", w.d)
	return w
}

// opened is a component that was opened in good order.
func opened(t *testing.T, rec states.Record, image byte) *diskScene {
	w := newDiskScene(t, sceneMedia(t, rec, image))
	w.open()
	w.out.Reset()
	w.say("(a component is open)")
	return w
}

func (w *diskScene) do(words string, msg any) {
	w.t.Helper()
	w.turn(words, msg)
	if now := w.state(); now != w.last {
		w.line("= %s", now)
		w.last = now
	}
}

func (w *diskScene) state() string {
	d := w.d
	var parts []string
	add := func(name string, on bool, v any) {
		if on {
			parts = append(parts, fmt.Sprintf("%s %v", name, v))
		}
	}
	add("outstanding", d.outstanding != 0, d.outstanding)
	add("saves", len(d.saves) > 0, len(d.saves))
	add("heal", d.heal.at != healIdle, d.heal.at)
	add("held", len(d.heal.held) > 0, len(d.heal.held))
	add("waits", len(d.heal.waits) > 0, len(d.heal.waits))
	add("changes", d.heal.changes != 0, d.heal.changes)
	add("pieces", d.heal.pieces.on, d.heal.pieces.next)
	add("buffer", cap(d.heal.buf) > 0, cap(d.heal.buf))
	add("copies", d.copies != [states.CopySlots]uint64{}, d.copies)
	add("number", d.number > 0, d.number)
	add("unsafe", d.unsafe != "", d.unsafe)
	add("lost-flush", d.flushLost != nil, d.flushLost)
	for name, on := range map[string]bool{"open": d.open, "quarantined": d.quarantined, "noted": d.noted, "reopening": d.reopening, "no-flush": d.noFlush,
		"busy": d.busy, "asked": d.asked, "shaken": w.res.cache.shaken, "ticks": d.ticks, "opening": d.opening != nil} {
		add(name, on, "")
	}
	if c := d.cache(); c != nil {
		add("lost", c.AnyLost(), "")
		add("doubted", c.AnyDoubted(), "")
	}
	return sortedWords(parts)
}

func sortedWords(parts []string) string {
	for i := range parts {
		for k := range i {
			if parts[i] < parts[k] {
				parts[i], parts[k] = parts[k], parts[i]
			}
		}
	}
	return strings.Join(parts, "; ")
}

type diskLedger struct{ s *scene }

func (l diskLedger) Read(o Owner, dir, name string) {
	l.s.line("ledger: read %s of %s, epoch %d", name, dir, o.Epoch)
}
func (l diskLedger) Write(o Owner, dir, name string, data []byte) {
	l.s.line("ledger: write %s of %s: %d bytes, epoch %d", name, dir, len(data), o.Epoch)
}

type diskSceneDisks struct{ w *diskScene }

func (s diskSceneDisks) Open(o Owner, path string, workers int) {
	s.w.line("open %s with %d workers, epoch %d", path, workers, o.Epoch)
}

type diskSceneDisk struct{ w *diskScene }

func (diskSceneDisk) String() string { return "disk" }
func (s diskSceneDisk) Submit(op *DiskOp) {
	words := ""
	if op.Kind == DiskWrite {
		words = " " + showBytes(op.Buf[:min(len(op.Buf), 8)])
	}
	s.w.line("disk: %s %s, epoch %d", s.w.describe(op), words, op.Epoch)
	s.w.ops = append(s.w.ops, op)
}
func (s diskSceneDisk) Close(o Owner) {
	s.w.line("disk closes, for %s, epoch %d", sceneName(o.PID), o.Epoch)
}

func (w *diskScene) describe(op *DiskOp) string {
	n := int64(len(op.Buf))
	if op.Kind == DiskZero {
		n = op.Len
	}
	return fmt.Sprintf("%v %d+%d", op.Kind, op.Off, n)
}

// op has the component end its oldest operation.
func (w *diskScene) op(err error) {
	w.t.Helper()
	if len(w.ops) == 0 {
		w.t.Fatalf("the component has nothing to do, after:\n%s", w.out.String())
	}
	op := w.ops[0]
	w.ops = w.ops[1:]
	how := "done"
	if op.Err = err; err != nil {
		how = "fails"
	} else {
		switch at := w.media[min(op.Off, int64(len(w.media))):]; op.Kind {
		case DiskRead:
			copy(op.Buf, at)
		case DiskWrite:
			copy(at, op.Buf)
		case DiskZero:
			clear(at[:op.Len])
		}
	}
	w.do(fmt.Sprintf("%s %s", w.describe(op), how), op)
	w.bounced()
}

// bounced has what localdisk told itself come back.
func (w *diskScene) bounced() {
	w.t.Helper()
	for len(w.mail["localdisk"]) > 0 {
		w.do("what it told itself", w.take("localdisk"))
	}
}

// rest has the component do all that it was asked for.
func (w *diskScene) rest() {
	w.t.Helper()
	for range 200 {
		if len(w.ops) == 0 {
			return
		}
		w.op(nil)
	}
	w.t.Fatalf("no rest, after:\n%s", w.out.String())
}

// begin opens the component as far as the answer of the host.
func (w *diskScene) begin() {
	w.t.Helper()
	w.do("open", &openDisk{})
	w.do("it is open", &DiskOpened{Epoch: w.d.epoch, Disk: diskSceneDisk{w}, Size: int64(len(w.media)), Sector: 512})
}

func (w *diskScene) open() {
	w.t.Helper()
	w.begin()
	w.rest()
	w.do("no entry", &LedgerRead{Epoch: w.d.epoch})
	w.rest()
}

func (w *diskScene) ask(op states.Op, off, n int64) *Request {
	w.t.Helper()
	r := &Request{Op: op, Off: off, Len: n}
	if op != states.OpDelete && op != states.OpZero {
		r.Buf = bytes.Repeat([]byte{0x5a}, int(n))
	}
	w.do(fmt.Sprintf("%v %d+%d", op, off, n), &localIO{r: r})
	w.bounced()
	return r
}

func (w *diskScene) serve(op states.Op, off, n int64) {
	w.t.Helper()
	s := &served{cmd: op, off: off, n: n}
	if op == states.OpRead || op == states.OpWrite {
		s.buf = bytes.Repeat([]byte{0x6b}, int(n))
	}
	w.do(fmt.Sprintf("served %v %d+%d", op, off, n), s)
	w.bounced()
}

func (w *diskScene) flush(tag uint64) {
	w.t.Helper()
	w.do(fmt.Sprintf("flush %d", tag), &flushDisk{to: w.address("gate"), tag: tag})
	w.bounced()
}

func (w *diskScene) save(tag uint64) {
	w.t.Helper()
	rec := w.d.rec
	rec.LocalCnt++
	w.do(fmt.Sprintf("save record %d", tag), &saveRecord{to: w.address("gate"), tag: tag, rec: rec})
	w.bounced()
}

func (w *diskScene) tick(n int) {
	w.t.Helper()
	for range n {
		w.do("tick", &diskTick{epoch: w.d.epoch})
	}
}

type diskStory struct {
	name string
	play func(t *testing.T) *diskScene
}

func diskStories(t *testing.T, file string, stories ...diskStory) {
	var all strings.Builder
	for _, s := range stories {
		t.Run(s.name, func(t *testing.T) {
			w := s.play(t)
			fmt.Fprintf(&all, "# %s\n%s\n", s.name, w.out.String())
		})
	}
	golden(t, file, all.String())
}

var _ actor.Actor = (*localdisk)(nil)
