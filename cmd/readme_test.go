package cmd_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// fence is a fenced block of a page: what stands behind the opening ``` and the lines within.
type fence struct {
	info  string
	lines []string
}

func fences(text string) []fence {
	var all []fence
	open := false
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		info, isFence := strings.CutPrefix(line, "```")
		switch {
		case isFence && !open:
			all = append(all, fence{info: info})
			open = true
		case isFence:
			open = false
		case open:
			last := &all[len(all)-1]
			last.lines = append(last.lines, line)
		}
	}
	return all
}

// TestReadmeTour runs the README's tour as it stands there, in another folder and on other ports, with the
// programs that this test is.
func TestReadmeTour(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	// Not t.TempDir(): the path of a socket must be short.
	dir, err := os.MkdirTemp("", "hast-tour-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { endTour(t, dir) })
	moved := strings.NewReplacer("/tmp/hast-tour", dir, "127.0.0.1:8457", freePort(t, "127.0.0.1"), "127.0.0.2:8457", freePort(t, "127.0.0.2"))

	// What was built is this program, by the name of either command; the folder is there.
	skipped := []string{"go build -o bin/ ./cmd/hastd ./cmd/hastctl", "PATH=$PWD/bin:$PATH", "mkdir /tmp/hast-tour"}
	script := []string{"set -eux"}
	var missing []string
	commands := 0
	for _, f := range fences(string(text)) {
		kind, need, _ := strings.Cut(f.info, " needs:")
		switch {
		case kind == "console":
			// Both are run by others: the first by demo.txt, the second is what runs this.
			if want := []string{"$ go run ./cmd/hastctl demo", "$ go test ./..."}; !slices.Equal(f.lines, want) {
				t.Errorf("the README's two commands are %q, want %q", f.lines, want)
			}
			continue
		case kind == "conf":
			conf := moved.Replace(strings.Join(f.lines, "\n") + "\n")
			if err := os.WriteFile(filepath.Join(dir, "hast.conf"), []byte(conf), 0o600); err != nil {
				t.Fatal(err)
			}
			continue
		case kind != "sh":
			t.Fatalf("a block of the README is %q, which this test doesn't know", f.info)
		}
		if need != "" {
			if _, err := exec.LookPath(need); err != nil {
				missing = append(missing, need)
				continue
			}
		}
		for _, line := range f.lines {
			if !slices.Contains(skipped, line) {
				script = append(script, moved.Replace(line))
				commands++
			}
		}
	}
	if commands < 15 {
		t.Fatalf("only %d commands were found in the README", commands)
	}

	ctx, cancel := context.WithTimeout(context.Background(), 4*patience)
	defer cancel()
	sh := exec.CommandContext(ctx, "sh", "-c", strings.Join(script, "\n"))
	sh.Dir = dir
	// A daemon in the background must not keep the script's output open.
	out, err := os.Create(filepath.Join(dir, "output"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	sh.Stdout, sh.Stderr = out, out
	runErr := sh.Run()
	said, err := os.ReadFile(out.Name())
	if err != nil {
		t.Fatal(err)
	}
	if runErr != nil {
		t.Fatalf("the tour ended with %v:\n%s", runErr, said)
	}
	for _, want := range []string{"shared\tcomplete primary", "shared\tdegraded primary", `"device": "nbd+unix:///shared`, "role: primary"} {
		if !bytes.Contains(said, []byte(want)) {
			t.Errorf("the tour didn't show %q, but:\n%s", want, said)
		}
	}
	if len(missing) > 0 {
		t.Skipf("%s is not installed; all else was run", missing[0])
	}
}

// endTour ends what the tour's daemons left running, and removes its folder.
func endTour(t *testing.T, dir string) {
	for _, name := range []string{"a.pid", "b.pid"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			continue // It has ended, and has taken its file away.
		}
		if pid, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil && pid > 1 {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Log(err)
	}
}

// evidence is what a page names in backquotes as its proof: a script, or a package's folder and a test.
var evidence = regexp.MustCompile("`(cmd/testdata/script/[a-z0-9_-]+\\.txt|[a-z/]+ (?:Test|Example|Fuzz)[A-Za-z]*)`")

// TestDifferencesHaveTests looks for the tests that docs/differences.md names: each difference has one.
func TestDifferencesHaveTests(t *testing.T) {
	text, err := os.ReadFile("../docs/differences.md")
	if err != nil {
		t.Fatal(err)
	}
	sections := strings.Split(string(text), "\n## ")[1:]
	if len(sections) < 8 {
		t.Fatalf("only %d differences were found", len(sections))
	}
	for _, section := range sections {
		title, _, _ := strings.Cut(section, "\n")
		t.Run(title, func(t *testing.T) {
			named := evidence.FindAllStringSubmatch(section, -1)
			if len(named) == 0 {
				t.Error("no test is named")
			}
			for _, m := range named {
				if !exists(t, m[1]) {
					t.Errorf("there is no %s", m[1])
				}
			}
		})
	}
}

// exists reports whether a script or a test is there.
func exists(t *testing.T, what string) bool {
	t.Helper()
	folder, test, isTest := strings.Cut(what, " ")
	if !isTest {
		_, err := os.Stat(filepath.Join("..", filepath.FromSlash(what)))
		return err == nil
	}
	files, err := filepath.Glob(filepath.Join("..", filepath.FromSlash(folder), "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(text, []byte("\nfunc "+test+"(")) {
			return true
		}
	}
	return false
}

// links are the relative ones of a page.
var links = regexp.MustCompile(`\]\(([a-z][^):]*)\)`)

// TestLinks follows the links between our pages.
func TestLinks(t *testing.T) {
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	followed := 0
	for _, page := range append(pages, "../README.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range links.FindAllStringSubmatch(string(text), -1) {
			to, _, _ := strings.Cut(m[1], "#")
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), to)); err != nil {
				t.Errorf("%s has a link to %s: %v", page, m[1], err)
			}
			followed++
		}
	}
	if followed < 10 {
		t.Errorf("only %d links were found", followed)
	}
}
