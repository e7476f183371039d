package simulation

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"hast/actors"
	"hast/wire"
)

func TestSectorSet(t *testing.T) {
	s := newSectorSet(200)
	members := []int64{0, 63, 64, 130, 199}
	for _, i := range members {
		s.add(i)
	}
	var got []int64
	for i := s.next(0); i >= 0; i = s.next(i + 1) {
		got = append(got, i)
	}
	if len(got) != len(members) || got[1] != 63 || got[4] != 199 {
		t.Errorf("members %v", got)
	}
	s.remove(64)
	if s.has(64) || !s.has(63) || s.any(64, 66) || !s.any(64, 67) || newSectorSet(64).next(64) != -1 {
		t.Error("a member that was removed is still found, or another isn't")
	}
}

// testDisk is a machine with an open disk of 64 sectors, all of which hold 'o', durably.
type testDisk struct {
	w *World
	m *Machine
	p *probe
	d actors.Disk
	*Platter
}

func newTestDisk(t *testing.T, seed uint64) *testDisk {
	t.Helper()
	w, m, p, d := openDisk(t, seed, 64*SectorSize)
	x := &testDisk{w, m, p, d, m.Disk("/disk")}
	x.Put(0, filled('o', 64*SectorSize))
	return x
}

func (x *testDisk) write(t *testing.T, sector, n int64, c byte) error {
	t.Helper()
	return do(t, x.w, x.p, x.d, actors.DiskOp{Kind: actors.DiskWrite, Off: sector * SectorSize, Buf: filled(c, int(n)*SectorSize)})
}

func (x *testDisk) read(t *testing.T, sector, n int64) ([]byte, error) {
	t.Helper()
	buf := make([]byte, n*SectorSize)
	return buf, do(t, x.w, x.p, x.d, actors.DiskOp{Kind: actors.DiskRead, Off: sector * SectorSize, Buf: buf})
}

// sectors is the first byte of each sector of an image.
func sectorsOf(image []byte) string {
	var b []byte
	for at := 0; at < len(image); at += SectorSize {
		b = append(b, image[at])
	}
	return string(b)
}

func TestKeptByPowerCuts(t *testing.T) {
	kept := func(image string) int { return bytes.Count([]byte(image), []byte("n")) }
	seen := map[Kept]map[int]bool{}
	seeds(t, 60, func(t *testing.T, seed uint64) {
		for k := KeptAll; k < keptKinds; k++ {
			x := newTestDisk(t, seed)
			for _, s := range []int64{40, 7, 23, 12, 30, 3} { // 40 is the oldest, 3 the newest
				if err := x.write(t, s, 1, 'n'); err != nil {
					t.Fatal(err)
				}
			}
			x.m.PowerCut(k, 0)
			left := sectorsOf(x.Written())
			if !bytes.Equal(x.Written(), x.Durable()) || len(x.Uncertain(true)) != 0 {
				t.Fatalf("seed %d: %v: the images differ after a power cut", seed, k)
			}
			if seen[k] == nil {
				seen[k] = map[int]bool{}
			}
			n := kept(left)
			seen[k][n] = true
			if uint64(6-n) != x.w.Effect(FaultSectorLost) {
				t.Fatalf("seed %d: %v: %d sectors lost, %d counted", seed, k, 6-n, x.w.Effect(FaultSectorLost))
			}
			if k == KeptNewest && left[3] != 'n' || k == KeptOldest && left[40] != 'n' {
				t.Fatalf("seed %d: %v left %q", seed, k, left)
			}
		}
	})
	for k, want := range map[Kept]int{KeptAll: 6, KeptNone: 0, KeptAllButOne: 5, KeptNewest: 1, KeptOldest: 1} {
		if len(seen[k]) != 1 || !seen[k][want] {
			t.Errorf("%v keeps %v of 6 sectors", k, seen[k])
		}
	}
	for _, k := range []Kept{KeptHalf, KeptFew, KeptMost} {
		if len(seen[k]) < 2 {
			t.Errorf("%v always keeps the same number of sectors", k)
		}
		if back, err := ParseKept(k.String()); err != nil || back != k {
			t.Errorf("%v is read back as %v, %v", k, back, err)
		}
	}
}

// What a power cut catches in the middle may become unreadable, with its neighbours in the same physical
// sector, until it is rewritten.
func TestPowerCutRuinsPhysicalSectors(t *testing.T) {
	ruined, cuts := 0, 0
	seeds(t, 20, func(t *testing.T, seed uint64) {
		x := newTestDisk(t, seed)
		x.SetPhysical(4096)
		x.d.Submit(&actors.DiskOp{Kind: actors.DiskWrite, Off: 20 * SectorSize, Buf: filled('n', SectorSize), To: x.p.pid})
		x.m.PowerCut(KeptAll, 100)
		x.p, x.d = reopen(t, x.w, x.m)
		for s := range int64(64) {
			_, err := x.read(t, s, 1)
			if bad := s >= 16 && s < 24; bad != errors.Is(err, wire.EIO) || !bad && err != nil {
				t.Fatalf("seed %d: reading sector %d gives %v", seed, s, err)
			}
		}
		if err := x.write(t, 17, 1, 'w'); err != nil {
			t.Fatal(err)
		}
		if b, err := x.read(t, 17, 1); err != nil || b[0] != 'w' {
			t.Fatalf("seed %d: a rewritten sector gives %v", seed, err)
		}
		if _, err := x.read(t, 16, 2); err == nil {
			t.Fatalf("seed %d: its neighbour became readable", seed)
		}
		cuts++
		ruined += int(x.w.Effect(FaultUnreadable))
		mustCheck(t, x.w)
	})
	if ruined != cuts {
		t.Errorf("%d of %d power cuts ruined something", ruined, cuts)
	}
}

func TestLatentErrorsAndFullDisks(t *testing.T) {
	x := newTestDisk(t, 1)
	x.Spoil(5*SectorSize, 2*SectorSize)
	if _, err := x.read(t, 0, 5); err != nil {
		t.Errorf("before the latent error: %v", err)
	}
	for range 2 {
		if _, err := x.read(t, 4, 2); !errors.Is(err, wire.EIO) {
			t.Errorf("over the latent error: %v", err)
		}
	}
	if err := x.write(t, 4, 4, 'n'); err != nil {
		t.Errorf("rewriting: %v", err)
	}
	if b, err := x.read(t, 4, 4); err != nil || sectorsOf(b) != "nnnn" {
		t.Errorf("rewritten sectors: %v", err)
	}
	for _, c := range []struct {
		set  func(bool)
		want wire.Errno
		kind FaultKind
	}{{x.Full, wire.ENOSPC, FaultFull}, {x.ReadOnly, wire.EROFS, FaultReadOnly}} {
		c.set(true)
		if err := x.write(t, 9, 1, 'x'); !errors.Is(err, c.want) {
			t.Errorf("%v: a write gives %v", c.kind, err)
		}
		if b, err := x.read(t, 9, 1); err != nil || b[0] != 'o' {
			t.Errorf("%v: a read gives %v", c.kind, err)
		}
		c.set(false)
		if err := x.write(t, 9, 1, 'o'); err != nil || x.w.Effect(c.kind) != 1 {
			t.Errorf("%v: after it a write gives %v; counted %d times", c.kind, err, x.w.Effect(c.kind))
		}
	}
	mustCheck(t, x.w)
}

func TestSilentFaults(t *testing.T) {
	whole := int64(64 * SectorSize)
	seeds(t, 20, func(t *testing.T, seed uint64) {
		for _, kind := range []FaultKind{FaultLostWrite, FaultMisdirected, FaultBitFlip, FaultStaleRead} {
			x := newTestDisk(t, seed)
			if err := x.Arm(kind, 0, whole, 1); err != nil {
				t.Fatal(err)
			}
			if err := x.write(t, 10, 1, 'n'); err != nil {
				t.Fatal(err)
			}
			b, err := x.read(t, 10, 1)
			if err != nil {
				t.Fatal(err)
			}
			image := sectorsOf(x.Written())
			landed := bytes.IndexByte([]byte(image), 'n')
			switch kind {
			case FaultLostWrite:
				if landed >= 0 || b[0] != 'o' || !x.Tainted(10) {
					t.Errorf("seed %d: a lost write is at %d", seed, landed)
				}
			case FaultMisdirected:
				if landed < 0 || !x.Tainted(10) || !x.Tainted(int64(landed)) {
					t.Errorf("seed %d: a misdirected write is at %d", seed, landed)
				}
			case FaultBitFlip:
				if bytes.Equal(b, filled('n', SectorSize)) || !x.Tainted(10) {
					t.Errorf("seed %d: no bit flipped", seed)
				}
			case FaultStaleRead:
				if b[0] != 'o' || x.Written()[10*SectorSize] != 'n' {
					t.Errorf("seed %d: a stale read returned %q", seed, b[0])
				}
			}
			if x.w.Effect(kind) != 1 {
				t.Errorf("seed %d: %v took effect %d times", seed, kind, x.w.Effect(kind))
			}
			if err := x.write(t, 10, 1, 'w'); err != nil || x.Tainted(10) {
				t.Errorf("seed %d: %v: a rewritten sector is still tainted", seed, kind)
			}
			if b, err := x.read(t, 10, 1); err != nil || b[0] != 'w' {
				t.Errorf("seed %d: %v: after it a read gives %q, %v", seed, kind, b[0], err)
			}
			mustCheck(t, x.w)
		}
	})
	x := newTestDisk(t, 1)
	if err := x.Arm(FaultCut, 0, whole, 1); err == nil {
		t.Error("a network's fault was armed on a disk")
	}
}

func TestStuckForAWhileLandsThen(t *testing.T) {
	x := newTestDisk(t, 1)
	x.StickFor(time.Minute)
	x.d.Submit(&actors.DiskOp{Kind: actors.DiskWrite, Off: 0, Buf: filled('n', SectorSize), To: x.p.pid})
	x.w.RunFor(59 * time.Second)
	if x.Written()[0] != 'o' || x.w.Effect(FaultStuck) != 1 {
		t.Error("a stuck disk wrote")
	}
	x.w.RunFor(2 * time.Second)
	if x.Written()[0] != 'n' {
		t.Error("what was stuck didn't land")
	}
}

// A new process can't open the disk before the kernel is done with what the old one handed over, however
// long that takes.
func TestOpenWaitsForWhatIsStuck(t *testing.T) {
	seeds(t, 20, func(t *testing.T, seed uint64) {
		x := newTestDisk(t, seed)
		x.Stick()
		x.d.Submit(&actors.DiskOp{Kind: actors.DiskWrite, Off: 0, Buf: filled('n', SectorSize), To: x.p.pid})
		x.w.RunFor(time.Second)
		x.m.Kill()
		p := start(t, x.m, nil)
		p.host.Disks.Open(p.owner(1), "/disk", 4)
		x.w.RunFor(time.Minute)
		if n := len(messages[*actors.DiskOpened](p)); n != 0 || x.Written()[0] != 'o' {
			t.Fatalf("seed %d: a stuck disk was opened", seed)
		}
		x.Unstick()
		until[*actors.DiskOpened](t, x.w, p, 1)
		at := bytes.Clone(x.Written())
		x.w.RunFor(time.Minute)
		if !bytes.Equal(at, x.Written()) {
			t.Fatalf("seed %d: a write of a dead process landed after the open", seed)
		}
	})
}

func TestReplacedDisks(t *testing.T) {
	for by := ReplaceEmpty; by <= ReplacePeers; by++ {
		x := newTestDisk(t, 1)
		old := x.Image()
		other := x.m.AddDisk("/other", 64*SectorSize)
		if err := x.write(t, 0, 4, 'n'); err != nil {
			t.Fatal(err)
		}
		x.d.Submit(&actors.DiskOp{Kind: actors.DiskWrite, Off: 0, Buf: filled('x', SectorSize), To: x.p.pid})
		if err := x.Replace(by, old, other); err != nil {
			t.Fatal(err)
		}
		if op := until[*actors.DiskOp](t, x.w, x.p, 2); !errors.Is(op.Err, wire.ENXIO) {
			t.Errorf("%v: what was under way gives %v", by, op.Err)
		}
		if _, err := x.read(t, 0, 1); !errors.Is(err, wire.ENXIO) {
			t.Errorf("%v: the lost disk gives %v", by, err)
		}
		x.p.host.Disks.Open(x.p.owner(2), "/disk", 4)
		opened := until[*actors.DiskOpened](t, x.w, x.p, 2)
		if opened.Err != nil {
			t.Fatalf("%v: %v", by, opened.Err)
		}
		sizes := map[Replacement]int64{ReplaceLarger: 96 * SectorSize, ReplaceSmaller: 32 * SectorSize}
		if want := sizes[by]; want != 0 && opened.Size != want || want == 0 && opened.Size != 64*SectorSize {
			t.Errorf("%v has %d bytes", by, opened.Size)
		}
		want := map[Replacement][]byte{ReplaceOlder: filled('o', 64*SectorSize), ReplacePeers: other.Written(), ReplaceZero: make([]byte, 64*SectorSize)}[by]
		if want != nil && !bytes.Equal(x.Written(), want) {
			t.Errorf("%v has another content", by)
		}
		if bytes.Contains(x.Written(), filled('n', 8)) || len(x.Uncertain(true)) != 0 {
			t.Errorf("%v still has what was written before", by)
		}
		if back, err := ParseReplacement(by.String()); err != nil || back != by {
			t.Errorf("%v is read back as %v, %v", by, back, err)
		}
		x.d = opened.Disk
		if err := x.write(t, 1, 1, 'y'); err != nil {
			t.Errorf("%v: a write gives %v", by, err)
		}
		mustCheck(t, x.w)
	}
}

func TestHealedDiskEndsWhatWasSlow(t *testing.T) {
	x := newTestDisk(t, 1)
	x.Slow(1_000_000)
	x.d.Submit(&actors.DiskOp{Kind: actors.DiskWrite, Off: 0, Buf: filled('n', SectorSize), To: x.p.pid})
	x.w.RunFor(time.Second)
	if x.Written()[0] != 'o' {
		t.Error("a disk that is a million times as slow wrote within a second")
	}
	x.Heal()
	x.w.RunFor(time.Second)
	if x.Written()[0] != 'n' || len(messages[*actors.DiskOp](x.p)) != 1 {
		t.Error("a healed disk still sits on what it was given while it was slow")
	}
}
