package states

import (
	"errors"
	"strings"
	"testing"
)

// stored makes what is found in a place from a word: a number is a good copy, with that number also as its
// localcnt.
func stored(word string) StoredCopy {
	switch word {
	case "-":
		return StoredCopy{State: CopyAbsent}
	case "blank":
		return StoredCopy{State: CopyBlank}
	case "torn":
		return StoredCopy{State: CopyTorn, Why: "why"}
	case "bad":
		return StoredCopy{State: CopyDamaged, Why: "why"}
	case "deaf":
		return StoredCopy{State: CopyUnreadable, Why: "why"}
	case "moved":
		return StoredCopy{State: CopyMisplaced, Why: "why"}
	case "other":
		return StoredCopy{State: CopyOther, Why: "why"}
	case "newer":
		return StoredCopy{State: CopyNewer, Why: "why"}
	case "stock":
		return StoredCopy{State: CopyGood, Record: Record{LocalCnt: 100}}
	case "frayed":
		return StoredCopy{State: CopyGood, Record: Record{LocalCnt: 100}, Frayed: true}
	}
	n := uint64(word[0] - '0')
	return StoredCopy{State: CopyGood, Number: n, Record: Record{LocalCnt: n}}
}

func TestChoose(t *testing.T) {
	const foreign, rewrite = 1, 2
	for _, c := range []struct {
		found  string // FreeBSD's block and the two copies
		want   uint64 // localcnt of the record that holds, 100 for the stock one
		number uint64
		flags  int
		fault  string // a word of the faults
	}{
		{"5 5 5", 5, 5, 0, ""},
		// Power went in the middle of write 6.
		{"5 torn 5", 5, 5, rewrite, "copy 1 is torn"},
		{"5 6 5", 6, 6, rewrite, ""},
		{"5 6 torn", 6, 6, rewrite, "copy 2 is torn"},
		{"5 6 6", 6, 6, rewrite, ""},
		{"bad 6 6", 6, 6, rewrite, "block is damaged"},
		// One place, or two, didn't keep what was written.
		{"blank 5 5", 5, 5, rewrite, "block is blank"},
		{"deaf 5 5", 5, 5, rewrite, "block is unreadable"},
		{"5 bad moved", 5, 5, rewrite, "copy 2 is misplaced"},
		{"5 deaf other", 5, 5, rewrite, "another resource"},
		{"5 blank blank", 5, 5, rewrite, "copy 1 is blank"},
		{"bad bad 5", 5, 5, rewrite, "copy 1 is damaged"},
		{"2 5 5", 5, 5, rewrite, "block is stale"},
		{"5 5 2", 5, 5, rewrite, "copy 2 is stale"},
		{"5 2 torn", 5, 5, rewrite, "copy 1 is stale"},
		// Another implementation wrote the block, after us or in place of us.
		{"stock 5 5", 100, 5, foreign | rewrite, ""},
		{"stock 5 torn", 100, 5, foreign | rewrite, ""},
		{"stock blank blank", 100, 0, rewrite, ""},
		{"stock bad deaf", 100, 0, rewrite, ""},
		{"stock - -", 100, 0, 0, ""},
		{"frayed - -", 100, 0, 0, ""},
		{"frayed blank bad", 100, 0, rewrite, ""},
		{"frayed 5 5", 5, 5, rewrite, "block is damaged"},
	} {
		t.Run(c.found, func(t *testing.T) {
			w := strings.Fields(c.found)
			s := Stored{Block: stored(w[0]), Slots: [CopySlots]StoredCopy{stored(w[1]), stored(w[2])}}
			got, err := s.Choose()
			if err != nil {
				t.Fatal(err)
			}
			if got.Record.LocalCnt != c.want || got.Number != c.number {
				t.Errorf("record %d with number %d, want %d with %d", got.Record.LocalCnt, got.Number, c.want, c.number)
			}
			if got.Foreign != (c.flags&foreign != 0) || got.Rewrite != (c.flags&rewrite != 0) {
				t.Errorf("foreign %v, rewrite %v", got.Foreign, got.Rewrite)
			}
			if all := strings.Join(got.Faults, "; "); !strings.Contains(all, c.fault) || c.fault == "" && all != "" {
				t.Errorf("faults %q, want %q", all, c.fault)
			}
		})
	}
}

func TestChooseRefuses(t *testing.T) {
	for _, c := range []struct {
		found        string
		blank, newer bool
		names        []string
	}{
		{"bad torn deaf", false, false, []string{"FreeBSD's block is damaged: why", "copy 1 is torn: why", "copy 2 is unreadable: why"}},
		{"deaf - -", false, false, []string{"FreeBSD's block is unreadable: why"}},
		{"blank other blank", false, false, []string{"FreeBSD's block is blank", "copy 1 is of another resource"}},
		{"blank blank blank", true, false, []string{"blank"}},
		{"blank - -", true, false, []string{"blank"}},
		{"5 newer 5", false, true, []string{"copy 1 is of a newer version: why"}},
		{"stock bad newer", false, true, []string{"copy 2 is of a newer version"}},
	} {
		t.Run(c.found, func(t *testing.T) {
			w := strings.Fields(c.found)
			s := Stored{Block: stored(w[0]), Slots: [CopySlots]StoredCopy{stored(w[1]), stored(w[2])}}
			got, err := s.Choose()
			var none *NoCopyError
			if !errors.As(err, &none) {
				t.Fatalf("chose %+v, %v", got, err)
			}
			if none.Blank != c.blank || none.Newer != c.newer {
				t.Errorf("blank %v, newer %v", none.Blank, none.Newer)
			}
			for _, name := range c.names {
				if !strings.Contains(err.Error(), name) {
					t.Errorf("%q doesn't say %q", err, name)
				}
			}
		})
	}
}
