package simulation

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"
	"testing"
	"time"

	"hast/actors"
	"hast/states"
	"hast/wire"
)

// recordWatch is the ghost of a component's metadata: what was written under which number, and which
// number is complete. It looks at the disk only, not at the node.
type recordWatch struct {
	disk      *Platter
	offs      [states.CopySlots]uint64
	written   map[uint64]states.Record
	completed uint64 // in FreeBSD's block, which is written last, and durable
	events    int
	seen      string
}

func watchRecord(t *testing.T, p *Platter, r states.Record) *recordWatch {
	t.Helper()
	offs, ok := r.CopyOffsets()
	if !ok {
		t.Fatal("no room for copies")
	}
	return &recordWatch{disk: p, offs: offs, written: map[uint64]states.Record{1: r}, completed: 1}
}

// metadata tells the operations that write the record.
func (w *recordWatch) metadata(t *diskTask) bool {
	return t.kind == actors.DiskWrite && (t.off == 0 || t.off == int64(w.offs[0]) || t.off == int64(w.offs[1]))
}

// step counts what happened to operations on the disk since the last call.
func (w *recordWatch) step() {
	var now bytes.Buffer
	for _, t := range w.disk.tasks {
		fmt.Fprintf(&now, "%p %d %v ", t, t.off, t.landed)
		if w.metadata(t) && t.off != 0 {
			if rec, number, err := wire.DecodeCopy(t.op.Buf, uint64(t.off), ""); err == nil {
				w.written[number] = rec
			}
		}
	}
	if now.String() == w.seen {
		return
	}
	w.seen = now.String()
	w.events++
	if _, number, err := wire.DecodeBlock(w.disk.durable[:states.MetadataSize]); err == nil {
		w.completed = max(w.completed, number)
	}
}

// pairUntil has a fresh pair synchronized, with a change alone at its end, until stop events on the watched
// disk have happened, or for a while. It reports whether they have.
func (w *recordWatch) pairUntil(p *Pair, stop int) bool {
	until := func() bool { w.step(); return w.events >= stop }
	p.B.Ask(Resource, states.RoleSecondary, false)
	p.A.Ask(Resource, states.RolePrimary, false)
	if p.World.Run(until, 2*time.Second) == nil {
		return true
	}
	p.B.Kill()
	p.Client.Start()
	err := p.World.Run(until, 50*time.Millisecond)
	p.Client.Stop()
	return err == nil
}

// damages are what may happen to one place that holds the record, beside the power cut (X2).
var damages = []struct {
	name string
	do   func(w *recordWatch, place int)
}{
	{"nothing", func(*recordWatch, int) {}},
	{"a bit", func(w *recordWatch, place int) {
		at := w.place(place) + 70
		w.disk.Put(at, []byte{w.disk.written[at] ^ 0x10})
	}},
	{"zeroes", func(w *recordWatch, place int) { w.disk.Put(w.place(place), make([]byte, states.MetadataSize)) }},
	{"garbage", func(w *recordWatch, place int) { w.disk.Put(w.place(place), filled(0xa5, states.MetadataSize)) }},
	{"the other copy", func(w *recordWatch, place int) {
		w.disk.Put(w.place(place), bytes.Clone(w.disk.written[w.offs[place%2]:][:states.MetadataSize]))
	}},
	{"a torn write", func(w *recordWatch, place int) { w.disk.Put(w.place(place)+200, filled(0x5a, SectorSize-200)) }},
	{"read errors", func(w *recordWatch, place int) {
		w.disk.Fail(DiskFault{Kinds: []actors.DiskKind{actors.DiskRead}, Off: w.place(place), Len: SectorSize, Times: 1})
	}},
}

// place is where FreeBSD's block (0) or a copy begins.
func (w *recordWatch) place(place int) int64 {
	if place == 0 {
		return 0
	}
	return int64(w.offs[place-1])
}

// everyOther is every second of so many extents.
func everyOther(extents uint64) states.ExtentRuns {
	var runs []states.ExtentRun
	for e := uint64(0); e < extents; e += 2 {
		runs = append(runs, states.ExtentRun{First: e, Count: 1})
	}
	return states.NewExtentRuns(runs...)
}

// The record that a node opens with after a power cut is the last that was complete, or the one that was
// under way, whole, whatever happened to one of its places meanwhile (I20, I41).
func TestRecordSurvivesPowerCuts(t *testing.T) {
	inFlight, cuts := 0, 0
	for _, primary := range []bool{true, false} {
		for stop := 1; ; stop++ {
			p := pairOf(t, PairSpec{Seed: uint64(stop)})
			m := p.B
			if primary {
				m = p.A
			}
			// Long enough for more than a sector, so that it can be torn.
			long := p.Record
			long.Boot, long.LastSession = strings.Repeat("b", states.MaxBoot), 5
			if !primary {
				long.Bad = everyOther(32) // a primary would have to refuse: nobody has these extents
			}
			if err := p.Disk(m).PutRecord(&long, 1); err != nil {
				t.Fatal(err)
			}
			w := watchRecord(t, p.Disk(m), long)
			if !w.pairUntil(p, stop) {
				if stop < 50 {
					t.Fatalf("only %d events", stop)
				}
				break
			}
			writing := map[int64]bool{}
			for _, task := range w.disk.tasks {
				if w.metadata(task) {
					writing[task.off] = true
				}
			}
			p.Other(m).Power()
			m.PowerCut([]Kept{KeptDrawn, KeptHalf}[stop%2], 0)
			if len(writing) > 0 {
				cuts++
			}
			damage, place := damages[stop%len(damages)], stop/len(damages)%3
			if writing[w.place(place)] {
				damage = damages[0]
			}
			damage.do(w, place)
			p.must(t, "start", p.Start(m))
			what := fmt.Sprintf("primary %v, cut at event %d, %s in place %d", primary, stop, damage.name, place)
			p.must(t, what, p.SetRole(m, states.RoleSecondary, false))
			p.must(t, what, p.AwaitStatus(m, "opened", func(s *actors.Status) bool { return s.DataSize != 0 && s.State == "secondary" }, time.Minute))
			got, number, err := wire.DecodeBlock(w.disk.written[:states.MetadataSize])
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			next, ok := w.written[w.completed+1]
			switch {
			case got == w.written[w.completed]:
			case ok && got == next:
				inFlight++
			default:
				t.Fatalf("%s: opened with %+v (number %d), complete was %d: %+v, under way %+v", what, got, number, w.completed, w.written[w.completed], next)
			}
			for i, off := range w.offs {
				rec, n, err := wire.DecodeCopy(w.disk.written[off:off+states.CopySlot], off, Resource)
				if err != nil || rec != got || n != number {
					t.Fatalf("%s: copy %d was not made whole: %v", what, i+1, err)
				}
			}
			p.World.Close()
		}
	}
	if cuts < 20 || inFlight == 0 {
		t.Errorf("%d cuts in the middle of a record's write, %d left the new record", cuts, inFlight)
	}
}

// What no node may rely on, it refuses, and says why.
func TestRecordRefusals(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(w *recordWatch)
		want []string
	}{
		{"all bad", func(w *recordWatch) {
			w.disk.Put(0, filled(0xa5, 512))
			w.disk.Put(w.place(1)+100, filled(0xa5, 3))
			w.disk.Put(w.place(2)+30, filled(0xa5, 1))
		}, []string{"FreeBSD's block is damaged", "copy 1 is damaged: its checksum", "copy 2 is"}},
		{"all blank", func(w *recordWatch) {
			for place := range 3 {
				w.disk.Put(w.place(place), make([]byte, states.MetadataSize))
			}
		}, []string{"has no metadata"}},
		{"a newer version", func(w *recordWatch) {
			b := newerCopy(w.disk.written[w.place(1):][:states.CopySlot])
			w.disk.Put(w.place(1), b)
		}, []string{"newer version", "version 2", "version 1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := pairOf(t, PairSpec{Seed: 1})
			w := watchRecord(t, p.Disk(p.A), p.Record)
			c.do(w)
			before := bytes.Clone(w.disk.written)
			p.A.Ask(Resource, states.RoleSecondary, false)
			p.World.RunFor(time.Second)
			s, err := p.Status(p.A)
			p.must(t, "status", err)
			for _, want := range c.want {
				if !strings.Contains(s.Reason, want) {
					t.Errorf("the reason is %q, want %q in it", s.Reason, want)
				}
			}
			if s.Remedy == "" || !bytes.Equal(before, w.disk.written) {
				t.Errorf("remedy %q; written to: %v", s.Remedy, !bytes.Equal(before, w.disk.written))
			}
		})
	}
}

// newerCopy makes a copy of version 2 out of one of version 1.
func newerCopy(slot []byte) []byte {
	b := bytes.Clone(slot)
	b[8] = 2
	n := binary.LittleEndian.Uint32(b[12:])
	binary.LittleEndian.PutUint32(b[n-4:], crc32.Checksum(b[:n-4], crc32.MakeTable(crc32.Castagnoli)))
	return b
}

// A block that another implementation wrote after us holds, and takes our marks with it; one without room
// for copies says in status what it can't do.
func TestRecordOfOthers(t *testing.T) {
	p := pairOf(t, PairSpec{Seed: 1})
	disk := p.Disk(p.A)
	ours := p.Record
	ours.ResUID, ours.LocalCnt, ours.Unfit, ours.Unclean = 7, 1, states.Inconsistent, states.UncleanBegan
	if err := disk.PutRecord(&ours, 9); err != nil {
		t.Fatal(err)
	}
	theirs := p.Record
	theirs.ResUID, theirs.LocalCnt = 7, 2
	block, err := wire.EncodeMetadata(&theirs)
	if err != nil {
		t.Fatal(err)
	}
	disk.Put(0, block)
	p.must(t, "secondary", p.SetRole(p.A, states.RoleSecondary, false))
	open := func(s *actors.Status) bool { return s.DataSize != 0 }
	p.must(t, "open", p.AwaitStatus(p.A, "open", open, time.Minute))
	got, number, err := wire.DecodeBlock(disk.written[:states.MetadataSize])
	if err != nil || got != theirs || number != 10 {
		t.Errorf("the record is %+v with number %d, %v", got, number, err)
	}
	if s, err := p.Status(p.A); err != nil || s.Metadata != "" || s.LocalCnt != 2 || s.Unfit != "fit" {
		t.Errorf("status says %+v, %v", s, err)
	}

	plain := p.Record
	plain.LocalOff, plain.DataSize = 4608, p.Record.DataSize
	if block, err = wire.EncodeMetadata(&plain); err != nil {
		t.Fatal(err)
	}
	p.Disk(p.B).Put(0, block)
	p.must(t, "secondary", p.SetRole(p.B, states.RoleSecondary, false))
	p.must(t, "open", p.AwaitStatus(p.B, "open", open, time.Minute))
	if s, err := p.Status(p.B); err != nil || !strings.Contains(s.Metadata, "torn metadata can't be told") {
		t.Errorf("status says %q, %v", s.Metadata, err)
	}
}

// A copy that can't be written keeps the record from being saved, and nothing else is touched meanwhile,
// however often it is tried.
func TestRecordWriteErrors(t *testing.T) {
	p := pairOf(t, PairSpec{Seed: 1})
	disk := p.Disk(p.A)
	w := watchRecord(t, disk, p.Record)
	disk.Fail(DiskFault{Kinds: []actors.DiskKind{actors.DiskWrite}, Off: w.place(1), Len: SectorSize})
	block, second := bytes.Clone(disk.written[:states.MetadataSize]), bytes.Clone(disk.written[w.place(2):][:states.CopySlot])
	tries, trying := 0, false
	p.B.Ask(Resource, states.RoleSecondary, false)
	p.A.Ask(Resource, states.RolePrimary, false)
	p.Client.Start()
	p.World.Run(func() bool {
		before := trying
		trying = false
		for _, task := range disk.tasks {
			trying = trying || w.metadata(task)
		}
		if trying && !before {
			tries++
		}
		return tries > 3
	}, time.Minute)
	if tries < 2 {
		t.Errorf("the record was tried to be saved %d times", tries)
	}
	if !bytes.Equal(block, disk.written[:states.MetadataSize]) || !bytes.Equal(second, disk.written[w.place(2):][:states.CopySlot]) {
		t.Error("after the first copy failed, another place was written to")
	}
}
