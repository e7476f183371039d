package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// tree makes a source tree with one package, its tests, and a list.
func tree(t *testing.T, list string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module hast\n\ngo 1.26\n",
		"states/sum.go": `package states

const limit = 10

func Sum(a, b int) int {
	s := a + b
	if s > limit {
		return limit
	}
	return s
}
`,
		"states/sum_test.go": `package states

import (
	"os"
	"testing"
)

func TestSum(t *testing.T) {
	t.Run("small", func(t *testing.T) {
		if Sum(2, 3) != 5 {
			t.Error("not 5")
		}
	})
}

func TestLimit(t *testing.T) {
	if Sum(20, 3) != 10 {
		t.Error("not 10")
	}
}

func TestFails(t *testing.T) { t.Error("always") }

func TestSkips(t *testing.T) { t.Skip("here") }

// TestHere is run where its package is.
func TestHere(t *testing.T) {
	if _, err := os.Stat("sum.go"); err != nil || Sum(0, 0) != 0 {
		t.Error(err)
	}
}
`,
		listFile: list,
	} {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

const entries = `
name: noticed
file: states/sum.go
old:  s := a + b
new:  s := a - b
test: go test ./states -run ^TestSum$/^small$

name: not noticed
file: states/sum.go
old:  s := a + b
new:  s := b + a
test: go test ./states -run ^TestHere$

name: in another place of the same function
file: states/sum.go
old:  if s > limit {
new:  if s > limit && s < 0 {
test: go test ./states -run ^TestLimit$

name: not in a function
file: states/sum.go
old:  const limit = 10
new:  const limit = 11
test: go test ./states -run ^TestLimit$

name: does not compile
file: states/sum.go
old:  s := a + b
new:  s := a
new:  s = nothing
test: go test ./states -run ^TestSum$

name: unlike the code
file: states/sum.go
old:  s := a * b
test: go test ./states -run ^TestSum$

name: in no file
file: states/none.go
old:  s := a * b
test: go test ./states -run ^TestSum$

name: fails anyway
file: states/sum.go
old:  s := a + b
new:  s := a - b
test: go test ./states -run ^TestFails$

name: no such case
file: states/sum.go
old:  s := a + b
new:  s := a - b
test: go test ./states -run ^TestSum$/^large$

name: not here
file: states/sum.go
old:  s := a + b
new:  s := a - b
test: go test ./states -run ^TestSkips$
`

func TestVerdicts(t *testing.T) {
	root := tree(t, entries)
	var out bytes.Buffer
	good, err := run(context.Background(), root, nil, &out)
	if err != nil || good {
		t.Fatalf("%v, %v\n%s", good, err, &out)
	}
	for name, want := range map[string]verdict{
		"noticed":                               caught,
		"not noticed":                           unnoticed,
		"in another place of the same function": caught,
		"not in a function":                     caught,
		"does not compile":                      broken,
		"unlike the code":                       stale,
		"in no file":                            stale,
		"fails anyway":                          stale,
		"no such case":                          stale,
		"not here":                              skipped,
	} {
		if !regexp.MustCompile(`(?m)^` + string(want) + ` +` + name + ` \(`).MatchString(out.String()) {
			t.Errorf("%s isn't %s", name, want)
		}
	}
	for _, want := range []string{
		"\n10 changes, 3 caught, 1 skipped, 1 UNNOTICED, 1 BROKEN, 4 STALE (",
		": the test still passes: go test ./states -run ^TestHere$",
		"built by itself: states/sum.go: what differs isn't a function",
		"undefined: nothing",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("nothing says %q", want)
		}
	}
	if t.Failed() {
		t.Log(out.String())
	}
	text, err := os.ReadFile(filepath.Join(root, "states", "sum.go"))
	if err != nil || !strings.Contains(string(text), "s := a + b") {
		t.Errorf("the tree was touched: %v\n%s", err, text)
	}
}

// A part and a word choose entries; what cannot be asked for is told.
func TestWanted(t *testing.T) {
	root := tree(t, entries)
	var out bytes.Buffer
	if good, err := run(context.Background(), root, []string{"--part", "2/3", "a function"}, &out); err == nil || good {
		t.Errorf("%v, %v\n%s", good, err, &out)
	}
	out.Reset()
	if good, err := run(context.Background(), root, []string{"--part", "1/3", "a function"}, &out); err != nil || !good || !strings.Contains(out.String(), "\n1 changes, 1 caught (") {
		t.Errorf("%v, %v\n%s", good, err, &out)
	}
	for _, args := range [][]string{{"--part", "0/3"}, {"--part", "x"}, {"--jobs", "0"}, {"a", "b"}, {"nowhere"}} {
		if good, err := run(context.Background(), root, args, &out); err == nil || good {
			t.Errorf("%v: %v, %v", args, good, err)
		}
	}
	if _, err := run(context.Background(), t.TempDir(), nil, &out); err == nil || !strings.Contains(err.Error(), "from the top of the source tree") {
		t.Errorf("outside of a tree: %v", err)
	}
}
