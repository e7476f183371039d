package config

import (
	"reflect"
	"testing"

	"hast/states"
)

func TestDiffGlobals(t *testing.T) {
	old := mustResolve(t, "control /a pidfile /p listen ::1 listen ::2", Node{})
	for _, row := range []struct {
		name, src string
		want      Changes
	}{
		{"same", "listen ::1 listen ::2 control /a pidfile /p", Changes{ListenKept: []string{"::1", "::2"}}},
		{"control", "control /b pidfile /p listen ::1 listen ::2", Changes{Control: true, ListenKept: []string{"::1", "::2"}}},
		{"pidfile", "control /a pidfile /q listen ::1 listen ::2", Changes{Pidfile: true, ListenKept: []string{"::1", "::2"}}},
		{"listen", "control /a pidfile /p listen ::3 listen ::2", Changes{ListenKept: []string{"::2"}, ListenAdded: []string{"::3"}, ListenRemoved: []string{"::1"}}},
	} {
		got := Diff(old, mustResolve(t, row.src, Node{}))
		if !reflect.DeepEqual(got, row.want) {
			t.Errorf("%s: got %+v, want %+v", row.name, got, row.want)
		}
		if got.None() != (row.name == "same") {
			t.Errorf("%s: None is %t", row.name, got.None())
		}
	}
}

func TestDiffResources(t *testing.T) {
	section := func(name string) string {
		return "resource " + name + " { local /dev/" + name + " on hasta { remote hastb } }\n"
	}
	n := Node{Host: "hasta"}
	old := mustResolve(t, section("a")+section("b")+section("c"), n)
	got := Diff(old, mustResolve(t, section("d")+section("c")+section("a")+"timeout 20", n))
	want := Changes{ListenKept: DefaultListen(), Added: []string{"d"}, Removed: []string{"b"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestDiffActions has the rows of hast-protocol.md §8.7 and those of our own settings.
func TestDiffActions(t *testing.T) {
	n := Node{Host: "hasta"}
	old := mustResolve(t, resource(good), n)
	for _, row := range []struct {
		setting, inside string
		primary         Action
	}{
		{"name", "local /dev/a name x on hasta { remote hastb }", ActionRestart},
		{"local", "local /dev/b on hasta { remote hastb }", ActionRestart},
		{"remote", "local /dev/a on hasta { remote hastc }", ActionLive},
		{"remote", "local /dev/a on hasta { remote none }", ActionLive},
		{"source", "local /dev/a on hasta { remote hastb source hasta }", ActionLive},
		{"replication", good + " replication async", ActionLive},
		{"checksum", good + " checksum crc32", ActionLive},
		{"compression", good + " compression none", ActionLive},
		{"timeout", good + " timeout 5", ActionLive},
		{"exec", good + " exec /x", ActionLive},
		{"metaflush", good + " metaflush off", ActionLive},
		{"nbd", good + "\n#% nbd /x", ActionRestart},
		{"state-dir", good + "\n#% state-dir /x", ActionRestart},
		{"workers", good + "\n#% workers 5", ActionLive},
		{"async-bound", good + "\n#% async-bound 5M", ActionLive},
	} {
		c := Diff(old, mustResolve(t, resource(row.inside), n))
		if c.None() || len(c.Changed) != 1 {
			t.Errorf("%s: got %+v, want one changed resource", row.setting, c)
			continue
		}
		change := c.Changed[0]
		if change.Name != "shared" || len(change.Settings) != 1 || !change.Has(row.setting) || change.Has("no-such") {
			t.Errorf("%s: got %+v", row.setting, change)
		}
		for role, want := range map[states.Role]Action{
			states.RolePrimary: row.primary, states.RoleSecondary: ActionRestart, states.RoleInit: ActionRestart,
		} {
			if got := change.Action(role); got != want {
				t.Errorf("%s as %s: %s, want %s", row.setting, role, got, want)
			}
		}
	}
	both := Diff(old, mustResolve(t, resource("timeout 5 local /dev/b on hasta { remote hastb }"), n)).Changed[0]
	if !reflect.DeepEqual(both.Settings, []string{"local", "timeout"}) || both.Action(states.RolePrimary) != ActionRestart {
		t.Errorf("one setting that restarts is enough, got %+v", both)
	}
	if (ResourceChange{}).Action(states.RolePrimary) != ActionKeep {
		t.Error("no change must keep the resource")
	}
}
