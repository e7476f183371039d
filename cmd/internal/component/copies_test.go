package component

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"hast/states"
	"hast/wire"
)

const oursSize = 3 << 20

// ours plans a component with our layout, whose copies begin at the offsets.
func ours(t *testing.T, extent int64) (states.Record, [states.CopySlots]uint64) {
	t.Helper()
	r, err := Plan(Wish{Resource: "shared", Path: "disk", ExtentSize: extent}, oursSize, 512)
	if err != nil {
		t.Fatal(err)
	}
	offs, ok := r.CopyOffsets()
	if !ok {
		t.Fatal("no room for copies")
	}
	return r, offs
}

func TestFormatWritesAllPlaces(t *testing.T) {
	d := newDisk(oursSize)
	rec, offs := ours(t, 0)
	if err := Format(d, "disk", rec, false); err != nil {
		t.Fatal(err)
	}
	m, err := Inspect(bytes.NewReader(d.durable), "shared")
	if err != nil || m.Record != rec || m.Number != firstNumber || m.Rewrite || m.Foreign || len(m.Faults) != 0 || m.Offsets != offs {
		t.Errorf("%+v, %v", m.Chosen, err)
	}
	// FreeBSD's hastctl reads the block alone.
	if got, err := wire.DecodeMetadata(d.durable[:states.MetadataSize]); err != nil || got != rec {
		t.Errorf("the block says %+v, %v", got, err)
	}
	if i := bytes.IndexFunc(d.durable[rec.LocalOff:], func(r rune) bool { return r == 0 }); i >= 0 {
		t.Errorf("data at %d was touched", i)
	}
}

// TestFormatCrashOfOurs looks at what a power loss leaves at each step on a component that was in use with
// the same layout, one of FreeBSD's, or one whose data began elsewhere: never the old record beside the new,
// empty map, also when the block is blank and the copies are searched.
func TestFormatCrashOfOurs(t *testing.T) {
	for name, compat := range map[string]bool{"ours": false, "FreeBSD's": true} {
		t.Run(name, func(t *testing.T) {
			d := newDisk(oursSize)
			old, offs := ours(t, 0)
			old.LocalCnt, old.ResUID = 5, 77
			for _, off := range offs {
				b, err := wire.EncodeCopy(&old, 9, off)
				if err != nil {
					t.Fatal(err)
				}
				copy(d.now[off:], b)
			}
			block, err := wire.EncodeBlock(&old, 9)
			if err != nil {
				t.Fatal(err)
			}
			copy(d.now, block)
			copy(d.durable, d.now)
			oldMap := bytes.Clone(d.now[states.MapOffset : states.MapOffset+512])
			rec, err := Plan(Wish{Resource: "shared", Path: "disk", Compat: compat}, oursSize, 512)
			if err != nil {
				t.Fatal(err)
			}
			if err := Format(d, "disk", rec, false); err != nil {
				t.Fatal(err)
			}
			kept, new := 0, 0
			for i, found := range append(d.crashed, d.durable) {
				got, err := Read(bytes.NewReader(found))
				clean := !bytes.Equal(found[states.MapOffset:states.MapOffset+512], oldMap)
				switch {
				case errors.Is(err, wire.ErrNoMetadata):
				case err != nil:
					t.Errorf("crash %d: %v", i, err)
				case got == old && !clean:
					kept++
				case got == rec && clean:
					new++
				default:
					t.Errorf("crash %d: record %+v, empty map %v", i, got, clean)
				}
			}
			if kept == 0 || new == 0 {
				t.Errorf("the old record was found %d times, the new one %d times", kept, new)
			}
			// Nothing of the earlier life is left to be found when the block is lost.
			clear(d.durable[:states.MetadataSize])
			if got, err := Read(bytes.NewReader(d.durable)); err == nil && got.ResUID == 77 || compat && !errors.Is(err, wire.ErrNoMetadata) {
				t.Errorf("without its block the component says %+v, %v", got, err)
			}
		})
	}
}

func TestInspectFindsCopiesWithoutTheBlock(t *testing.T) {
	d := newDisk(oursSize)
	rec, offs := ours(t, 4096)
	if err := Format(d, "disk", rec, false); err != nil {
		t.Fatal(err)
	}
	d.now[3] ^= 0xff
	d.now[offs[0]+40] ^= 1
	m, err := Inspect(bytes.NewReader(d.now), "shared")
	if err != nil || m.Record != rec || !m.Rewrite || len(m.Faults) != 2 || m.Offsets != offs {
		t.Errorf("%+v, %v", m.Chosen, err)
	}
	if _, err := Inspect(bytes.NewReader(d.now), "another"); err == nil || !strings.Contains(err.Error(), "of another resource") {
		t.Errorf("another resource's: %v", err)
	}
	d.now[offs[1]+40] ^= 1
	_, err = Inspect(bytes.NewReader(d.now), "shared")
	for _, word := range []string{"FreeBSD's block is damaged", "copy 1 is damaged", "copy 2 is damaged"} {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("all bad: %v doesn't say %q", err, word)
		}
	}
}
