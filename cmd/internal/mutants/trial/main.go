// The program trial plays seeds and scripts until one fails. Package mutants builds it with a set of planted
// bugs, and runs it for each of them.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"

	"hast/cmd/internal/mutants"
	"hast/simulation/campaign"
	"hast/simulation/script"
)

// seen are the bugs that the run came to, a bit each; a build without bugs has none.
var seen []byte

// mostSteps is the limit of a run's steps: ten times what a seed of the default profile takes. A bug that has
// the pair do something for ever is found sooner with it.
const mostSteps = 4_000_000

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run takes the profile and the items: numbers are seeds, all else are paths of scripts.
func run(args []string) error {
	if len(args) < 1 {
		return errors.New("usage: trial PROFILE ITEM...")
	}
	profile, err := campaign.ProfileByName(args[0])
	if err != nil {
		return err
	}
	early := append([]byte(nil), seen...) // what is come to while tables are built
	out := json.NewEncoder(os.Stdout)
	for _, item := range args[1:] {
		fmt.Println(mutants.Begin + item)
		copy(seen, early)
		r, err := play(item, profile)
		if err != nil {
			return err
		}
		if err := out.Encode(mutants.Outcome{Item: item, Failed: r.Failed(), Invariant: r.Invariant, Text: r.Text, Seen: seen}); err != nil {
			return err
		}
	}
	return nil
}

func play(item string, profile *campaign.Profile) (*campaign.Result, error) {
	o := campaign.Options{MaxSteps: mostSteps}
	if seed, err := strconv.ParseUint(item, 10, 64); err == nil {
		return campaign.Seed(seed, profile, o), nil
	}
	text, err := os.ReadFile(item)
	if err != nil {
		return nil, err
	}
	s, err := script.Parse(item, text)
	if err != nil {
		return nil, err
	}
	return campaign.Play(s, o), nil
}
