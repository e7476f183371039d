package hastsim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"hast/cmd/internal/exit"
	"hast/simulation/script"
)

// maxText bounds the size of a script that is read, maxTrace that of a trace, in bytes.
const (
	maxText  = 16 << 20
	maxTrace = 1 << 30
)

// parseSeed reads a seed.
func parseSeed(s string) (uint64, bool) {
	n, err := strconv.ParseUint(s, 0, 64)
	return n, err == nil
}

// seeds is a range of seeds, the last one included.
type seeds struct{ first, last uint64 }

func parseSeeds(s string) (seeds, error) {
	from, to, isRange := strings.Cut(s, "..")
	first, ok := parseSeed(from)
	last, ok2 := first, true
	if isRange {
		last, ok2 = parseSeed(to)
	}
	if !ok || !ok2 || last < first {
		return seeds{}, exit.Errorf(exit.Usage, "seed %q: write a number such as 7, or a range such as 1..1000", s)
	}
	return seeds{first, last}, nil
}

// readScript reads a script, or the script that a trace was made of.
func readScript(path string) (*script.Script, error) {
	text, err := readBounded(path)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) {
		return scriptOfTrace(path, text)
	}
	if len(text) > maxText {
		return nil, exit.Errorf(exit.DataErr, "%s: a script has at most %d bytes", path, maxText)
	}
	s, err := script.Parse(path, text)
	return s, exit.With(exit.DataErr, err)
}

func readBounded(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, exit.Errorf(exit.NoInput, "%q is neither a seed nor a file", path)
	case err != nil:
		return nil, exit.With(exit.NoInput, err)
	case info.IsDir():
		return nil, exit.Errorf(exit.NoInput, "%s is a folder; name the scripts in it", path)
	case info.Size() > maxTrace:
		return nil, exit.Errorf(exit.DataErr, "%s: a trace has at most %d bytes", path, maxTrace)
	}
	text, err := os.ReadFile(path)
	return text, exit.With(exit.NoInput, err)
}

// traceFormat names the layout of traces as JSON.
const traceFormat = "hastsim trace 1"

// traceHead is what every trace begins with.
type traceHead struct {
	Format  string `json:"format"`
	Version string `json:"version"` // of the program that made it
	Seed    uint64 `json:"seed"`
	Profile string `json:"profile,omitempty"`
	Script  string `json:"script"` // all of the configuration, as text
}

// scriptOfTrace takes the script out of a trace. A trace is of one version of the source: under another one
// the same script may tell another story, so it is refused.
func scriptOfTrace(path string, text []byte) (*script.Script, error) {
	// The head is the trace's first value; what follows isn't read.
	var head traceHead
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(&head); err != nil {
		return nil, exit.Errorf(exit.DataErr, "%s: not a trace: %w", path, err)
	}
	if head.Format != traceFormat {
		return nil, exit.Errorf(exit.DataErr, "%s: its format is %q, and this program reads %q", path, head.Format, traceFormat)
	}
	if own := version(); head.Version != own {
		return nil, exit.Errorf(exit.DataErr, "%s was made by version %s, and this is version %s: the same seed may tell another story here. "+
			"Check out and build the other one, or take the script out of the trace and replay that", path, head.Version, own)
	}
	s, err := script.Parse(path, []byte(head.Script))
	if err != nil {
		return nil, exit.With(exit.DataErr, fmt.Errorf("the script in %w", err))
	}
	return s, nil
}
