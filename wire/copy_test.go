package wire

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"flag"
	"hash/crc32"
	"os"
	"strings"
	"testing"

	"hast/states"
)

var updateCopy = flag.Bool("update", false, "write the golden files anew")

// marked is a record in which every field says something.
var marked = states.Record{
	Resource: "shared", DataSize: 1<<30 - 1<<20, ExtentSize: 2 << 20, KeepDirty: 64, LocalOff: 1 << 20,
	ResUID: 0x1122334455667788, LocalCnt: 3, RemoteCnt: 2, PrevRole: states.RolePrimary, Unfit: states.Outdated,
	LastSession: 10, TrySession: 11, Unclean: states.UncleanBegan | states.UncleanRestarted, Boot: "boot-1", WasPrimary: true, Branch: true,
	Term: 7, InSync: 1, Bad: states.NewExtentRuns(states.ExtentRun{First: 1, Count: 2}, states.ExtentRun{First: 9, Count: 1}),
}

// slotOf is where the marked record's first copy lies.
const slotOf = 1<<20 - 64<<10

func copyOf(t testing.TB, r states.Record, number, off uint64) []byte {
	t.Helper()
	b, err := EncodeCopy(&r, number, off)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// reseal makes the checksum of a changed copy fit again.
func reseal(b []byte) {
	n := binary.LittleEndian.Uint32(b[12:])
	binary.LittleEndian.PutUint32(b[n-4:], crc32.Checksum(b[:n-4], castagnoli))
}

// The format is ours, and must stay what it is: components are read by later versions.
func TestCopyGolden(t *testing.T) {
	const file = "testdata/copy.golden"
	b := copyOf(t, marked, 0x0102030405060708, slotOf)
	got := hex.Dump(b[:binary.LittleEndian.Uint32(b[12:])])
	if *updateCopy {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want := string(readFile(t, file)); got != want {
		t.Errorf("a copy is\n%s\nwant\n%s", got, want)
	}
}

func TestCopyRoundTrip(t *testing.T) {
	wide := marked
	var runs []states.ExtentRun
	for e := uint64(0); e < 3*states.MaxExtentRuns; e++ {
		runs = append(runs, states.ExtentRun{First: 3 * e, Count: 1})
	}
	wide.DataSize, wide.LocalOff = 1<<40, 2<<20
	wide.Resource, wide.Boot, wide.Bad = strings.Repeat("r", MaxResource), strings.Repeat("b", states.MaxBoot), states.NewExtentRuns(runs...)
	plain := fresh
	plain.LocalOff = 1 << 20
	for _, want := range []states.Record{plain, marked, wide} {
		offs, ok := want.CopyOffsets()
		if !ok {
			t.Fatal("no room")
		}
		for _, off := range offs {
			b := copyOf(t, want, 5, off)
			if len(b)%4096 != 0 || len(b) > MaxCopy {
				t.Errorf("a copy has %d bytes", len(b))
			}
			slot := append(b, bytes.Repeat([]byte{0xee}, states.CopySlot-len(b))...)
			if got, number, err := DecodeCopy(slot, off, want.Resource); err != nil || got != want || number != 5 {
				t.Errorf("%+v came back as %+v, number %d, %v", want, got, number, err)
			}
		}
		block, err := EncodeBlock(&want, 5)
		if err != nil {
			t.Fatal(err)
		}
		narrow := want
		narrow.Bad = want.Bad.Widened(MaxBlockRuns)
		if got := FindBlock(block, nil); got.State != states.CopyGood || got.Record != narrow || got.Number != 5 || got.Frayed {
			t.Errorf("%+v came back in a block as %+v", narrow, got)
		}
	}
}

// Every bit that flips is noticed, in a copy and in a block.
func TestCopyFlips(t *testing.T) {
	b := copyOf(t, marked, 6, slotOf)
	n := int(binary.LittleEndian.Uint32(b[12:]))
	for at := range n * 8 {
		b[at/8] ^= 1 << (at % 8)
		if _, _, err := DecodeCopy(b, slotOf, "shared"); err == nil {
			t.Fatalf("bit %d of byte %d changed unnoticed", at%8, at/8)
		}
		b[at/8] ^= 1 << (at % 8)
	}
	block, err := EncodeBlock(&marked, 6)
	if err != nil {
		t.Fatal(err)
	}
	nv, err := ParseNV(block)
	if err != nil {
		t.Fatal(err)
	}
	s := states.Stored{Slots: [2]states.StoredCopy{{State: states.CopyGood, Number: 6, Record: marked}, {State: states.CopyBlank}}}
	for at := range len(nv) * 8 {
		block[at/8] ^= 1 << (at % 8)
		s.Block = FindBlock(block, nil)
		if s.Block.State == states.CopyGood && s.Block.Number == 6 && s.Block.Record != marked {
			t.Fatalf("bit %d of byte %d makes another record", at%8, at/8)
		}
		if c, err := s.Choose(); err != nil || c.Foreign || c.Record != marked {
			t.Fatalf("bit %d of byte %d: chose %+v, %v", at%8, at/8, c, err)
		}
		block[at/8] ^= 1 << (at % 8)
	}
}

func TestCopyStates(t *testing.T) {
	whole := copyOf(t, marked, 6, slotOf)
	long := marked
	long.Boot = strings.Repeat("b", states.MaxBoot)
	older, newer := copyOf(t, long, 4, slotOf), copyOf(t, long, 6, slotOf)
	change := func(b []byte, f func(b []byte)) []byte {
		b = bytes.Clone(b)
		f(b)
		return b
	}
	other := marked
	other.Resource = "other\x01"
	for _, c := range []struct {
		name string
		b    []byte
		off  uint64
		want states.CopyState
		word string
	}{
		{"blank", make([]byte, states.CopySlot), slotOf, states.CopyBlank, ""},
		{"nothing", nil, slotOf, states.CopyBlank, ""},
		{"garbage", rnd(states.CopySlot, "copy"), slotOf, states.CopyDamaged, "begin"},
		{"cut off", whole[:40], slotOf, states.CopyDamaged, "begin"},
		{"half of an older one", append(bytes.Clone(newer[:512]), older[512:]...), slotOf, states.CopyTorn, "number 6"},
		{"half of a newer one", append(bytes.Clone(older[:512]), newer[512:]...), slotOf, states.CopyTorn, "number 4"},
		{"half of nothing", append(bytes.Clone(newer[:512]), make([]byte, 3584)...), slotOf, states.CopyTorn, "number 6"},
		{"a changed field", change(whole, func(b []byte) { b[60]++ }), slotOf, states.CopyDamaged, "checksum"},
		{"length 0", change(whole, func(b []byte) { clear(b[12:16]) }), slotOf, states.CopyDamaged, "length"},
		{"length 4 GiB", change(whole, func(b []byte) { copy(b[12:16], "\xff\xff\xff\xff") }), slotOf, states.CopyDamaged, "length"},
		{"in the other slot", whole, slotOf + states.CopySlot, states.CopyMisplaced, "written for byte"},
		{"in a place without slots", copyOf(t, marked, 6, 8192), 8192, states.CopyMisplaced, "data begin at"},
		{"of another resource", copyOf(t, other, 6, slotOf), slotOf, states.CopyOther, `"other?"`},
		{"a newer major", change(whole, func(b []byte) { b[8] = 3; reseal(b) }), slotOf, states.CopyNewer, "version 3, this program knows version 1"},
		{"a newer major, damaged", change(whole, func(b []byte) { b[8] = 3 }), slotOf, states.CopyDamaged, "checksum"},
		{"a newer minor", change(whole, func(b []byte) { b[10] = 3; reseal(b) }), slotOf, states.CopyGood, ""},
		{"number 0", change(whole, func(b []byte) { clear(b[16:24]); reseal(b) }), slotOf, states.CopyDamaged, "number 0"},
		{"fields that are none", change(whole, func(b []byte) { b[32] = 99; reseal(b) }), slotOf, states.CopyDamaged, "unknown type"},
	} {
		got := FindCopy(c.b, c.off, "shared", nil)
		if got.State != c.want || !strings.Contains(got.Why, c.word) {
			t.Errorf("%s: %v (%s), want %v (%s)", c.name, got.State, got.Why, c.want, c.word)
		}
	}
	if got := FindCopy(whole, slotOf, "shared", errors.New("broken")); got.State != states.CopyUnreadable || got.Why != "broken" {
		t.Errorf("a failed read: %+v", got)
	}
	if got := FindCopy(copyOf(t, other, 6, slotOf), slotOf, "", nil); got.State != states.CopyGood {
		t.Errorf("of any resource: %+v", got)
	}
}

func TestEncodeCopyRefuses(t *testing.T) {
	for name, change := range map[string]func(r *states.Record, n *uint64){
		"number 0":       func(_ *states.Record, n *uint64) { *n = 0 },
		"no name":        func(r *states.Record, _ *uint64) { r.Resource = "" },
		"a long boot":    func(r *states.Record, _ *uint64) { r.Boot = strings.Repeat("b", states.MaxBoot+1) },
		"a boot of NULs": func(r *states.Record, _ *uint64) { r.Boot = "a\x00" },
	} {
		r, n := marked, uint64(1)
		change(&r, &n)
		if _, err := EncodeCopy(&r, n, slotOf); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// A block that was torn between sectors, and one that a stock node wrote, are told apart.
func TestBlockStates(t *testing.T) {
	numbered := func(r states.Record, n uint64) []byte {
		b, err := EncodeBlock(&r, n)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	a, b := marked, marked
	a.Boot, b.Boot = strings.Repeat("a", states.MaxBoot), strings.Repeat("b", states.MaxBoot)
	old, now := numbered(a, 4), numbered(b, 5)
	stock := numbered(fresh, 0)
	for _, c := range []struct {
		name   string
		block  []byte
		state  states.CopyState
		number uint64
		frayed bool
	}{
		{"ours", now, states.CopyGood, 5, false},
		{"torn", append(bytes.Clone(now[:512]), old[512:]...), states.CopyDamaged, 0, false},
		{"stock", stock, states.CopyGood, 0, false},
		{"stock, torn over ours", append(bytes.Clone(stock[:512]), now[512:]...), states.CopyGood, 0, true},
		{"blank", make([]byte, states.MetadataSize), states.CopyBlank, 0, false},
		{"without its sum", blockWithout(now, fieldSum), states.CopyDamaged, 0, false},
		{"without its number", blockWithout(now, fieldNumber), states.CopyDamaged, 0, false},
	} {
		if got := FindBlock(c.block, nil); got.State != c.state || got.Number != c.number || got.Frayed != c.frayed {
			t.Errorf("%s: %v (%s), number %d, frayed %v", c.name, got.State, got.Why, got.Number, got.Frayed)
		}
	}
	if got := FindBlock(nil, errors.New("broken")); got.State != states.CopyUnreadable {
		t.Errorf("a failed read: %+v", got)
	}
}

// blockWithout is a block without one of its fields.
func blockWithout(block []byte, name string) []byte {
	nv, _ := ParseNV(block)
	b := make([]byte, states.MetadataSize)
	copy(b, without(nv, name, nil))
	return b
}

func FuzzCopy(f *testing.F) {
	b := copyOf(f, marked, 6, slotOf)
	f.Add(b[:binary.LittleEndian.Uint32(b[12:])], uint64(slotOf))
	f.Add([]byte(copyMagic), uint64(0))
	f.Fuzz(func(t *testing.T, b []byte, off uint64) {
		if len(b) >= copyHead+copyTail && BeginsAsCopy(b) {
			if n := binary.LittleEndian.Uint32(b[12:]); n >= copyHead+copyTail && uint64(n) <= uint64(len(b)) {
				reseal(b)
			}
		}
		rec, number, err := DecodeCopy(b, off, "")
		if err != nil {
			var bad *CopyError
			if !errors.As(err, &bad) || bad.State == states.CopyGood {
				t.Fatalf("error %v", err)
			}
			return
		}
		again, err := EncodeCopy(&rec, number, off)
		if err != nil {
			t.Fatalf("%+v: %v", rec, err)
		}
		if back, n, err := DecodeCopy(again, off, rec.Resource); err != nil || back != rec || n != number {
			t.Errorf("%+v came back as %+v, %v", rec, back, err)
		}
	})
}
