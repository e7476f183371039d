package config

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// goldenNodes are the nodes that each file in testdata is resolved for.
var goldenNodes = []Node{
	{Host: "hasta.example", HostUUID: "5db4a1c2-0001-11EE-8000-000000000001"},
	{Host: "hastb", HostID: 77},
}

// render shows all that a configuration says, a line per setting.
func render(c *Config) string {
	var b strings.Builder
	fmt.Fprintf(&b, "control %s (%s)\npidfile %s\nlisten %s default=%t\n", c.Control, c.ControlPath(), c.Pidfile, strings.Join(c.Listen, " "), c.ListenDefault)
	for i := range c.Resources {
		r := &c.Resources[i]
		fmt.Fprintf(&b, "resource %s at %d:%d remotenone=%t\n", r.Name, r.Pos.Line, r.Pos.Col, r.RemoteNone)
		for _, rule := range rules {
			if rule.show != nil {
				fmt.Fprintf(&b, "  %s\n", strings.TrimSpace(rule.word+" "+rule.show(r)))
			}
		}
	}
	for _, w := range c.Warnings {
		fmt.Fprintf(&b, "warning %s\n", w)
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.conf")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files in testdata: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			f, err := Parse(filepath.Base(file), src)
			if err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			for _, n := range goldenNodes {
				fmt.Fprintf(&got, "== %s\n", strings.Join(n.Names(), ", "))
				c, err := f.Resolve(n)
				if err != nil {
					fmt.Fprintf(&got, "error %v\n", err)
					continue
				}
				got.WriteString(render(c))
			}
			golden := strings.TrimSuffix(file, ".conf") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got.String() != string(want) {
				t.Errorf("%s differs (rewrite it with -update)\n--- got\n%s--- want\n%s", golden, got.String(), want)
			}
		})
	}
}
