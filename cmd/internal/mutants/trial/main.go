// The program trial runs seeds until one fails, and says which. Package mutants builds it with a set of
// planted bugs, and runs it once for each of them.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"

	"hast/cmd/internal/mutants"
	"hast/simulation/campaign"
)

// met tells how often the bug in force was come to; a build without bugs has none.
var met = func() uint64 { return 0 }

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run takes the first seed, how many there are, and the profile.
func run(args []string) error {
	if len(args) != 3 {
		return fmt.Errorf("usage: trial FIRST COUNT PROFILE")
	}
	first, err := strconv.ParseUint(args[0], 10, 64)
	if err != nil {
		return err
	}
	count, err := strconv.ParseUint(args[1], 10, 32)
	if err != nil {
		return err
	}
	profile, err := campaign.ProfileByName(args[2])
	if err != nil {
		return err
	}
	var o mutants.Outcome
	for seed := first; seed < first+count && !o.Failed; seed++ {
		fmt.Println("seed", seed)
		r := campaign.Seed(seed, profile, campaign.Options{})
		o.Seed, o.Failed, o.Invariant, o.Text = seed, r.Failed(), r.Invariant, r.Text
		o.Tried++
	}
	o.Met = met()
	return json.NewEncoder(os.Stdout).Encode(o)
}
