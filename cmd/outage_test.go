package cmd_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var (
	outageRounds = flag.Int("outages", 20, "how many outages each mode goes through; a quarter with -short")
	outageSeed   = flag.Uint64("outage-seed", 1, "what cuts of power keep, and when they come")
)

// TestOutages takes power away from one machine or both, or kills both processes, again and again, under
// load and in each mode, and wants to see every write that is owed, and components that are the same again.
func TestOutages(t *testing.T) {
	needLossy(t)
	rounds := *outageRounds
	if testing.Short() {
		rounds = max(1, rounds/4)
	}
	dir := t.TempDir()
	p := scriptParams
	for _, mode := range []string{"fullsync", "memsync", "async"} {
		file := filepath.Join(dir, mode+".txt")
		if err := os.WriteFile(file, []byte(outageScript(mode, rounds, *outageSeed)), 0o600); err != nil {
			t.Fatal(err)
		}
		p.Files = append(p.Files, file)
	}
	testscript.Run(t, p)
}

// outages are what can happen: P is the primary at that time, S the secondary. ACKED, in what must be there
// after it, is what the mode owes by way of the survivor: all that was acknowledged or, in async, a tail
// may be missing. OWN is what it owes by way of the primary's own disk. After each the primary is P, or S
// where the round says so, and it goes on with both nodes up.
var outages = []struct{ what, script string }{
	{"P loses power, S is promoted, P comes back", `
load blackout KEEP P
load lost
ctl S role primary shared
load verify S ACKED
start P
ctl P role secondary shared
=S`},
	{"S loses power and comes back, P never stops", `
load blackout KEEP S
load more 50
start S
ctl S role secondary shared
load more 50
load stop
load verify P
`},
	{"both lose power, P is primary again", `
load blackout KEEP P S
load lost
start P S
ctl S role secondary shared
ctl P role primary shared
load verify P flushed
`},
	{"P loses power and comes back as primary beside S", `
load blackout KEEP P
load lost
start P
ctl P role primary shared
load verify P OWN
`},
	{"both lose power, S is promoted beside P", `
load blackout KEEP P S
load lost
start P S
ctl P role secondary shared
ctl S role primary shared
load verify S flushed
=S`},
	{"S loses power while it is brought up to date, then P does", `
load blackout KEEP S
load more 50
start S
ctl S role secondary shared
load more 20
blackout KEEP S
load more 20
start S
ctl S role secondary shared
load blackout KEEP P
load lost
start P
ctl P role primary shared
load verify P flushed
`},
	{"both are killed, P is primary again", `
load kill P S
load lost
start P S
ctl S role secondary shared
ctl P role primary shared
load verify P
`},
	{"P loses power, S serves alone and loses power, both come back", `
load blackout KEEP P
load lost
ctl S role primary shared
load verify S ACKED
load start S
load more 50
load blackout KEEP S
load lost
start P S
ctl P role secondary shared
ctl S role primary shared
load verify S flushed
=S`},
	{"both lose power at rest, and nothing is lost", `
load stop
load verify P
blackout none 0 P S
start P S
ctl S role secondary shared
ctl P role primary shared
load verify P
`},
	{"P is killed, S is promoted and loses power at once", `
load kill P
load lost
ctl S role primary shared
load verify S ACKED
blackout KEEP S
start S
ctl S role primary shared
load verify S
start P
ctl P role secondary shared
=S`},
}

// party is P or S in a round's script.
var party = regexp.MustCompile(`\b[PS]\b`)

// outageScript writes a script of so many rounds.
func outageScript(mode string, rounds int, seed uint64) string {
	r := rand.New(rand.NewPCG(seed, uint64(len(mode))))
	var s strings.Builder
	fmt.Fprintf(&s, `# Outages in mode %s, seed %d.
pair 8388608 'replication %[1]s'
ctl a create --force -e 64K -k 8 shared
ctl b create --force -e 64K -k 8 shared
lossy a b
start a b
ctl b role secondary shared
ctl a role primary shared
status a status=complete sync.state=done
load fill a
`, mode, seed)
	p, other := "a", "b"
	bounds := map[string][2]string{"fullsync": {"acked", "acked"}, "memsync": {"acked", "acked"}, "async": {"tail", "flushed"}}[mode]
	for round := range rounds {
		o := outages[round%len(outages)]
		script, swapped := strings.CutSuffix(o.script, "=S")
		fmt.Fprintf(&s, "\n# Round %d: %s.\nload start P\nload more %d", round+1, o.what, 100+r.IntN(100))
		s.WriteString(script)
		next := "P"
		if swapped {
			next = "S"
		}
		fmt.Fprintf(&s, "status %[1]s status=complete sync.state=done dirty=0 sync.remaining=0\nload verify %[1]s\nsame a.img b.img 1048576\n", next)
		keep := []string{"none", "random", "all", "random"}[round/len(outages)%4]
		text := s.String()
		for strings.Contains(text, "KEEP") {
			text = strings.Replace(text, "KEEP", fmt.Sprint(keep, " ", r.Uint32()), 1)
		}
		text = strings.NewReplacer("ACKED", bounds[0], "OWN", bounds[1]).Replace(text)
		text = party.ReplaceAllStringFunc(text, func(who string) string {
			if who == "P" {
				return p
			}
			return other
		})
		s.Reset()
		s.WriteString(text)
		if swapped {
			p, other = other, p
		}
	}
	return s.String()
}
