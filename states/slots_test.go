package states

import "testing"

// Neither the activemap, nor a stock node's, whatever the sectors it rounds to, reaches the slots: it takes
// the map's size from the provider's size (A6), or from the data's.
func TestMapsStayBelowTheSlots(t *testing.T) {
	medias := []uint64{1<<20 + 4096, 1<<30 + 512*9, 3 << 30, 64 << 30, 7 << 40, 16 << 40, 1 << 50}
	for _, media := range medias {
		for extent := uint32(4096); extent <= 1<<30; extent <<= 1 {
			localoff, _, datasize, err := Layout(media, extent)
			if err != nil {
				continue
			}
			r := Record{DataSize: datasize, ExtentSize: extent, LocalOff: localoff}
			offs, ok := r.CopyOffsets()
			if !ok || offs[1] != offs[0]+CopySlot || offs[1]+CopySlot != localoff || offs[0]%4096 != 0 {
				t.Fatalf("%d bytes, extents of %d: slots %v %v, data at %d", media, extent, offs, ok, localoff)
			}
			if end := MapOffset + r.MapSize(); end > offs[0] {
				t.Errorf("%d bytes, extents of %d: the map ends at %d, the slots begin at %d", media, extent, end, offs[0])
			}
			for _, sector := range []uint64{512, 4096} {
				stock := (MapBytes(media-MetadataSize, extent) + sector - 1) / sector * sector
				if end := MapOffset + stock; end > offs[0] {
					t.Errorf("%d bytes, extents of %d: a stock node's map ends at %d, the slots begin at %d", media, extent, end, offs[0])
				}
			}
			found := false
			for _, place := range SlotSearch(media) {
				found = found || place == localoff
			}
			if !found {
				t.Errorf("%d bytes, extents of %d: nobody would look at %d", media, extent, localoff)
			}
		}
	}
}

func TestNoRoomForSlots(t *testing.T) {
	for name, r := range map[string]Record{
		"FreeBSD's layout":  {DataSize: 1073737216, ExtentSize: 2 << 20, LocalOff: 4608},
		"no whole sectors":  {DataSize: 1 << 30, ExtentSize: 2 << 20, LocalOff: 1<<20 + 512},
		"only the slots":    {DataSize: 1 << 30, ExtentSize: 2 << 20, LocalOff: 4096 + 64<<10},
		"no second map":     {DataSize: 1 << 30, ExtentSize: 4096, LocalOff: 4096 + 32<<10 + 64<<10},
		"nothing":           {},
		"in the block":      {DataSize: 1 << 30, ExtentSize: 4096, LocalOff: 4096},
		"sizes that are 0s": {LocalOff: 4096},
	} {
		if offs, ok := r.CopyOffsets(); ok {
			t.Errorf("%s: slots at %v", name, offs)
		}
	}
	r := Record{DataSize: 1 << 30, ExtentSize: 4096, LocalOff: 4096 + 2*32<<10 + 64<<10}
	if _, ok := r.CopyOffsets(); !ok {
		t.Error("two maps and the slots fit exactly, and there are none")
	}
	places := SlotSearch(1 << 60)
	for i := 1; i < len(places); i++ {
		if places[i] <= places[i-1] || len(places) > 100 {
			t.Fatalf("places to search: %v", places)
		}
	}
}
