package hastsim

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"runtime/debug"
	"sync"
)

// version names the source that this program was built from: the commit, or, if it was built from a tree
// with changes in it or outside of a repository, a digest of the program itself.
var version = sync.OnceValue(func() string {
	var commit string
	clean := false
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				commit = s.Value
			case "vcs.modified":
				clean = s.Value == "false"
			}
		}
	}
	if commit != "" && clean {
		return commit[:min(12, len(commit))]
	}
	path, err := os.Executable()
	if err != nil {
		return "unknown"
	}
	f, err := os.Open(path)
	if err != nil {
		return "unknown"
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "unknown"
	}
	return "program-" + hex.EncodeToString(h.Sum(nil)[:6])
})
