package config

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"hast/states"
)

func mustResolve(t *testing.T, src string, n Node) *Config {
	t.Helper()
	c, err := parseAndResolve(src, n)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestEmptyFile(t *testing.T) {
	got := mustResolve(t, "", Node{})
	want := &Config{
		Control: "/var/run/hastctl", Pidfile: "/var/run/hastd.pid",
		Listen: []string{"tcp4://0.0.0.0:8457", "tcp6://[::]:8457"}, ListenDefault: true,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestResourceDefaults(t *testing.T) {
	c := mustResolve(t, resource(good), Node{Host: "hasta"})
	want := Resource{
		Name: "shared", Provider: "shared", Local: "/dev/a", Remote: "hastb",
		Replication: states.MemSync, Checksum: states.ChecksumNone, Compression: states.CompressionHole,
		Timeout: 20 * time.Second, MetaFlush: true,
		NBDSocket: "/var/run/hastctl.d/shared", StateDir: "/var/lib/hast", Workers: 4, AsyncBound: 64 << 20, AsyncTime: 5 * time.Second,
		Pos: Pos{"hast.conf", 1, 10},
	}
	got, ok := c.Resource("shared")
	if !ok || !reflect.DeepEqual(*got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if _, ok := c.Resource("other"); ok {
		t.Error("found a resource that is not configured")
	}
}

// TestInheritance walks the table of hast-protocol.md §10.3: the rows add one level after the other, and
// the nearest one must win wherever it stands in the file.
func TestInheritance(t *testing.T) {
	for _, row := range []struct {
		name, global, own, node string
		get                     func(*Resource) any
		want                    any
	}{
		{"metaflush default", "", "", "", func(r *Resource) any { return r.MetaFlush }, true},
		{"metaflush global", "metaflush off", "", "", func(r *Resource) any { return r.MetaFlush }, false},
		{"metaflush resource", "metaflush off", "metaflush on", "", func(r *Resource) any { return r.MetaFlush }, true},
		{"metaflush node", "metaflush on", "metaflush on", "metaflush off", func(r *Resource) any { return r.MetaFlush }, false},
		{"timeout global", "timeout 7", "", "", func(r *Resource) any { return r.Timeout }, 7 * time.Second},
		{"timeout resource", "timeout 7", "timeout 8", "", func(r *Resource) any { return r.Timeout }, 8 * time.Second},
		{"last one wins", "timeout 7 timeout 9", "", "", func(r *Resource) any { return r.Timeout }, 9 * time.Second},
		{"replication", "replication async", "replication fullsync", "", func(r *Resource) any { return r.Replication }, states.FullSync},
		{"checksum", "checksum sha256", "", "", func(r *Resource) any { return r.Checksum }, states.ChecksumSHA256},
		{"compression", "compression none", "compression lzf", "", func(r *Resource) any { return r.Compression }, states.CompressionLZF},
		{"exec", "exec /a", "exec /b", "", func(r *Resource) any { return r.Exec }, "/b"},
		{"name resource", "", "name b", "", func(r *Resource) any { return r.Provider }, "b"},
		{"name node", "", "name b", "name c", func(r *Resource) any { return r.Provider }, "c"},
		{"local node", "", "local /dev/b", "local /dev/c", func(r *Resource) any { return r.Local }, "/dev/c"},
		{"source", "", "", "source 10.0.0.1", func(r *Resource) any { return r.Source }, "10.0.0.1"},
		{"none", "", "", "remote none", func(r *Resource) any { return r.RemoteNone }, true},
		{"none overridden", "", "", "remote none remote x", func(r *Resource) any { return r.RemoteNone }, false},
		{"nbd with control", "control /c", "", "", func(r *Resource) any { return r.NBDSocket }, "/c.d/shared"},
		{"state-dir", "", "\n#% state-dir /a\n", "\n#% state-dir /b\n", func(r *Resource) any { return r.StateDir }, "/b"},
		{"workers", "\n#% workers 1\n", "\n#% workers 2\n", "\n#% workers 3\n", func(r *Resource) any { return r.Workers }, 3},
		{"async-bound", "\n#% async-bound 1m\n", "\n#% async-bound 2M\n", "", func(r *Resource) any { return r.AsyncBound }, int64(2 << 20)},
		{"async-time", "\n#% async-time 1\n", "\n#% async-time 9\n", "", func(r *Resource) any { return r.AsyncTime }, 9 * time.Second},
	} {
		t.Run(row.name, func(t *testing.T) {
			// The globals stand behind the resource: their place must not matter.
			src := "resource shared { local /dev/a " + row.own + " on hasta { remote hastb " + row.node + " } on hastb { metaflush on } } " + row.global
			c := mustResolve(t, src, Node{Host: "hasta"})
			if got := row.get(&c.Resources[0]); got != row.want {
				t.Errorf("got %v, want %v", got, row.want)
			}
		})
	}
}

func TestNodeSectionsOfTheFile(t *testing.T) {
	src := "on hasta { control /a pidfile /p listen ::1 }\ncontrol /g pidfile /q listen ::2\non hastb { control /b listen ::3 }\n"
	for _, row := range []struct {
		host, control, pidfile string
		listen                 []string
	}{
		{"hasta", "/a", "/p", []string{"::2", "::1"}},
		{"hastb", "/b", "/q", []string{"::2", "::3"}},
		{"hastc", "/g", "/q", []string{"::2"}},
	} {
		c := mustResolve(t, src, Node{Host: row.host})
		if c.Control != row.control || c.Pidfile != row.pidfile || !reflect.DeepEqual(c.Listen, row.listen) || c.ListenDefault {
			t.Errorf("%s: got %+v", row.host, c)
		}
	}
}

func TestNodeMatches(t *testing.T) {
	n := Node{Host: "Hasta.example.org", HostUUID: "aB-1", HostID: 42}
	for name, want := range map[string]bool{
		"Hasta": true, "Hasta.example.org": true, "AB-1": true, "hostid42": true,
		"hasta": false, "Hasta.example": false, "hostid4": false, "HOSTID42": false, "": false, "hostid": false,
	} {
		if got := n.Matches(name); got != want {
			t.Errorf("%q: %t, want %t", name, got, want)
		}
	}
	if (Node{}).Matches("hostid0") || (Node{}).Matches("") || (Node{}).Names() != nil {
		t.Error("a node without names must match nothing")
	}
	if got := (Node{Host: "hasta"}).Names(); !reflect.DeepEqual(got, []string{"hasta"}) {
		t.Errorf("names %v, want the short name once", got)
	}
}

// TestDefaultNBDSocket: any resource name gives one entry of one directory, or none.
func TestDefaultNBDSocket(t *testing.T) {
	for name, want := range map[string]string{
		"a":                      "/var/run/hastctl.d/a",
		"../x":                   "/var/run/hastctl.d/%2E.%2Fx",
		".":                      "/var/run/hastctl.d/%2E",
		strings.Repeat("n", 200): "",
	} {
		c := mustResolve(t, "resource "+name+" { "+good+" }", Node{Host: "hasta"})
		if got := c.Resources[0].NBDSocket; got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
		if (want == "") != (len(c.Warnings) == 1) {
			t.Errorf("%s: warnings %v", name, c.Warnings)
		}
	}
}

// TestRulesAreWhole guards the table: a row that sets something must show it, or a reload overlooks it.
func TestRulesAreWhole(t *testing.T) {
	for _, r := range rules {
		if (r.set == nil) != (r.show == nil) {
			t.Errorf("%s: set without show or the other way round", r.word)
		}
		if (r.arg == argString || r.arg == argRemote) != (r.maxBytes > 0) {
			t.Errorf("%s: a text needs a bound, and nothing else has one", r.word)
		}
		if (r.arg == argNumber || r.arg == argSize) != (r.max > 0) {
			t.Errorf("%s: a number needs bounds, and nothing else has them", r.word)
		}
		if r.own == keywords[r.word] {
			t.Errorf("%s: the original's statements are keywords, ours are not", r.word)
		}
		for _, c := range r.choices {
			if !keywords[c] {
				t.Errorf("%s: the choice %s is no keyword", r.word, c)
			}
		}
	}
}
