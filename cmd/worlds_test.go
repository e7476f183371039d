package cmd_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"hast/states"
)

var (
	taleCount = flag.Int("tales", 6, "how many random stories are played in both worlds; a third with -short")
	taleActs  = flag.Int("tale-acts", 20, "how many things happen in each")
	taleSeed  = flag.Uint64("tale-seed", 1, "the first story's seed")
)

// TestWorldsAgree plays random stories in the simulation, and then with real nodes, and wants the same answers, the
// same statuses and verdicts, and the same content of both components. What the simulation finds is worth as much as
// its nodes, disks and network are like the real ones.
func TestWorldsAgree(t *testing.T) { worldsAgree(t, false) }

// TestWorldsAgreeOnPower has power cuts in its stories, too.
func TestWorldsAgreeOnPower(t *testing.T) {
	needLossy(t)
	worldsAgree(t, true)
}

func worldsAgree(t *testing.T, power bool) {
	n := *taleCount
	if testing.Short() {
		n = max(1, n/3)
	}
	dir := t.TempDir()
	p := scriptParams
	refused, verdicts := 0, make(map[string]bool)
	for i := range n {
		x := newTale(t, *taleSeed+uint64(i), power)
		x.tell(*taleActs)
		refused += x.refused
		maps.Copy(verdicts, x.seen)
		t.Logf("story %d: %d refusals, verdicts %q", *taleSeed+uint64(i), x.refused, slices.Sorted(maps.Keys(x.seen)))
		file := filepath.Join(dir, fmt.Sprintf("story-%d.txt", *taleSeed+uint64(i)))
		if err := os.WriteFile(file, []byte(x.text()), 0o600); err != nil {
			t.Fatal(err)
		}
		p.Files = append(p.Files, file)
	}
	t.Logf("%d stories, %d refusals, verdicts %q", n, refused, slices.Sorted(maps.Keys(verdicts)))
	if n >= 6 && (refused == 0 || len(verdicts) < 3) {
		t.Errorf("%d refusals and the verdicts %q prove little", refused, slices.Sorted(maps.Keys(verdicts)))
	}
	testscript.Run(t, p)
}

// sectors NODE FILE: waits until the component's sectors are as the file has it, a line for each: two digits for a
// sector full of that byte, -- for anything else that no story writes.
func sectorsWord(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 2, "sectors node file")
	want := strings.Fields(ts.ReadFile(args[1]))
	rec := recordOf(ts, args[0])
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	deadline := time.After(patience)
	for {
		differs := differing(ts, args[0], rec, want)
		if differs == "" {
			return
		}
		select {
		case <-again.C:
		case <-deadline:
			ts.Fatalf("node %s: %s\n%s", args[0], differs, logs(ts))
		}
	}
}

// differing says which sector isn't as it should be, if one isn't.
func differing(ts *testscript.TestScript, node string, rec states.Record, want []string) string {
	f, err := os.Open(ts.MkAbs(node + ".img"))
	ts.Check(err)
	defer f.Close()
	const sector = 512
	b := make([]byte, sector*len(want))
	_, err = f.ReadAt(b, int64(rec.LocalOff))
	ts.Check(err)
	for i, w := range want {
		got := fmt.Sprintf("%02x", b[i*sector])
		for _, c := range b[i*sector : (i+1)*sector] {
			if c != b[i*sector] {
				got = "--"
			}
		}
		if got != w {
			return fmt.Sprintf("sector %d is %s, and should be %s", i, got, w)
		}
	}
	return ""
}
