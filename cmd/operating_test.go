package cmd_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// operatingRows are the rows of docs/operating.md's table of what to do when.
func operatingRows(t *testing.T) [][]string {
	t.Helper()
	text, err := os.ReadFile("../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	_, part, ok := strings.Cut(string(text), "## What to do when")
	if !ok {
		t.Fatal("docs/operating.md has no part on what to do when")
	}
	part, _, _ = strings.Cut(part, "\n## ")
	var rows [][]string
	for line := range strings.Lines(part) {
		if cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|"); strings.HasPrefix(line, "| `") && len(cells) == 3 {
			rows = append(rows, cells)
		}
	}
	return rows
}

var backticked = regexp.MustCompile("`([^`]+)`")

// sources is the text of the files that match.
func sources(t *testing.T, patterns ...string) string {
	t.Helper()
	var all strings.Builder
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		if err != nil || files == nil {
			t.Fatalf("%s: %v, %v", pattern, files, err)
		}
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(text)
		}
	}
	return all.String()
}

// Each reason of the table is one that the program gives, and each command of it is run by a script.
func TestOperatingTable(t *testing.T) {
	rows := operatingRows(t)
	if len(rows) < 20 {
		t.Fatalf("%d rows", len(rows))
	}
	program := sources(t, "../states/*.go", "../actors/*.go", "../wire/*.go", "../gate/provider/*.go")
	// What comes from the system, or is put together from words.
	program += "connection refused\nRemote node acts as init\nRemote node acts as primary\nthis copy is outdated\nthis copy is inconsistent\n"
	scripts := map[string]bool{}
	for line := range strings.Lines(sources(t, "testdata/script/*.txt")) {
		if words := strings.Fields(line); len(words) > 2 && words[0] == "ctl" {
			slices.Sort(words[2:])
			scripts[strings.Join(words[2:], " ")] = true
		}
	}
	for _, row := range rows {
		for _, m := range backticked.FindAllStringSubmatch(row[0], -1) {
			if !strings.Contains(program, m[1]) {
				t.Errorf("the program doesn't say %q", m[1])
			}
		}
		for _, m := range backticked.FindAllStringSubmatch(row[2], -1) {
			words := strings.Fields(m[1])
			if words[0] != "hastctl" {
				continue
			}
			slices.Sort(words[1:])
			if !scripts[strings.Join(words[1:], " ")] {
				t.Errorf("no script runs %q", m[1])
			}
		}
	}
}
