package main

import (
	"slices"
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"
)

// TestRules runs the analyzer over a small house in testdata/src, where a comment beside each line that a
// rule must refuse holds the words that it must say, and each line without one must pass.
func TestRules(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), Analyzer,
		"hast/states",
		"hast/states/activemap",
		"hast/wire",
		"hast/config",
		"hast/actors",
		"hast/gate/spawn",
		"hast/gate/tcp",
		"hast/simulation",
		"hast/cmd/hastd",
		"hast/util",
		"example.com/flags",
	)
}

// TestHousePackage covers the spellings that go vet uses for one package and its tests.
func TestHousePackage(t *testing.T) {
	for _, c := range []struct {
		path, want string
		ours       bool
	}{
		{"hast", "", true},
		{"hast/actors", "actors", true},
		{"hast/actors [hast/actors.test]", "actors", true},
		{"hast/gate/tcp_test [hast/gate/tcp.test]", "gate/tcp", true},
		{"hast/actors.test", "actors.test", false},
		{"hastings/actors", "hastings/actors", false},
		{"os", "os", false},
	} {
		got, ours := housePackage(c.path)
		if ours != c.ours || ours && got != c.want {
			t.Errorf("housePackage(%q) = %q, %v; want %q, %v", c.path, got, ours, c.want, c.ours)
		}
	}
}

// TestTablePointsDown demands that the import table itself has no circle: a folder may only import one
// whose own row does not lead back.
func TestTablePointsDown(t *testing.T) {
	rows := map[string]row{}
	for _, r := range table {
		if r.reason == "" {
			t.Errorf("%s/ has no reason", r.folder)
		}
		rows[r.folder] = r
	}
	var walk func(path []string)
	walk = func(path []string) {
		for _, next := range rows[path[len(path)-1]].ours {
			if _, ok := rows[next]; !ok {
				t.Errorf("%s/ may import %s/, which has no row", path[len(path)-1], next)
			}
			if slices.Contains(path, next) {
				t.Fatalf("a circle of imports: %v, then %s again", path, next)
			}
			walk(append(slices.Clone(path), next))
		}
	}
	for _, r := range table {
		walk([]string{r.folder})
	}
}
