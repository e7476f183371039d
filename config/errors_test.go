package config

import (
	"errors"
	"strings"
	"testing"
)

// parseAndResolve is what a daemon does with a file.
func parseAndResolve(src string, n Node) (*Config, error) {
	f, err := Parse("hast.conf", []byte(src))
	if err != nil {
		return nil, err
	}
	return f.Resolve(n)
}

// resource wraps the inside of a resource, and good is one that is complete for hasta.
func resource(inside string) string { return "resource shared {\n" + inside + "\n}\n" }

const good = "local /dev/a\non hasta { remote hastb }"

// TestErrors has one row per refusal: the whole message up to where want ends, with its place.
func TestErrors(t *testing.T) {
	long := strings.Repeat("x", 1024)
	for _, row := range []struct{ name, src, want string }{
		// Syntax: found, expected, place.
		{"switch", "\n metaflush on1", `hast.conf:2:12: found "on1", expected "on" or "off" after metaflush`},
		{"mode", "replication semisync\n", `hast.conf:1:13: found "semisync", expected "fullsync", "memsync" or "async" after replication`},
		{"sum", "checksum lzf\n", `hast.conf:1:10: found "lzf", expected "none", "crc32" or "sha256" after checksum`},
		{"compression", "compression on\n", `hast.conf:1:13: found "on", expected "none", "hole" or "lzf" after compression`},
		{"word at top", "foo\n", `hast.conf:1:1: found "foo", expected "control", "pidfile", "listen", "replication", "checksum", "compression", "timeout", "exec", "metaflush", "on" or "resource", or the end of the file`},
		{"close at top", "}\n", `hast.conf:1:1: found "}", expected "control"`},
		{"own word without prefix", "workers 5\n", `hast.conf:1:1: found "workers", expected "control", "pidfile", "listen", "replication", "checksum", "compression", "timeout", "exec", "metaflush", "on" or "resource", or the end of the file; write it as #% workers`},
		{"wrong place", resource("remote hastb"), `hast.conf:2:1: found "remote", expected "name", "local", "replication", "checksum", "compression", "timeout", "exec", "metaflush" or "on", or "}"; remote belongs into an "on" section of a resource`},
		{"local at top", "local /dev/a\n", `hast.conf:1:1: found "local", expected "control", "pidfile", "listen", "replication", "checksum", "compression", "timeout", "exec", "metaflush", "on" or "resource", or the end of the file; local belongs into a resource or an "on" section of a resource`},
		{"listen in resource", resource("listen ::1"), `hast.conf:2:1: found "listen", expected "name"`},
		{"timeout in node", "on hasta { timeout 5 }\n", `hast.conf:1:12: found "timeout", expected "control", "pidfile" or "listen", or "}"; timeout belongs into the file's top level or a resource`},
		{"nested on", "on hasta { on hastb { } }\n", `hast.conf:1:12: found "on", expected "control", "pidfile" or "listen", or "}"; is a "}" missing above?`},
		{"nested resource", resource("resource other { }"), `hast.conf:2:1: found "resource", expected "name", "local", "replication", "checksum", "compression", "timeout", "exec", "metaflush" or "on", or "}"; is a "}" missing above?`},
		{"deep nesting", strings.Repeat("{", 100000), `hast.conf:1:1: found "{", expected "control"`},
		{"not closed", "resource shared {\n  local /dev/a\n", `hast.conf:3:1: found the end of the file, expected "name", "local", "replication", "checksum", "compression", "timeout", "exec", "metaflush" or "on", or "}"; the section "shared" of line 1 is not closed`},
		{"no brace", "resource shared\nlocal /dev/a\n", `hast.conf:2:1: found "local", expected "{" after "shared"`},
		{"no name", "resource {\n", `hast.conf:1:10: found "{", expected a resource's name after "resource"`},
		{"name is keyword", "resource local { }\n", `hast.conf:1:10: found "local", expected a resource's name after "resource" (local is a reserved word)`},
		{"name is number", "resource 123 { }\n", `hast.conf:1:10: found the number "123", expected a resource's name after "resource" (a word of digits alone is a number)`},
		{"node is number", "on 7 { }\n", `hast.conf:1:4: found the number "7", expected a node's name after "on" (a word of digits alone is a number)`},
		{"argument is number", resource("local 5"), `hast.conf:2:7: found the number "5", expected a string after local (a word of digits alone is a number)`},
		{"argument missing", "control", `hast.conf:1:8: found the end of the file, expected a string after control`},
		{"remote keyword", resource("on hasta { remote off }"), `hast.conf:2:19: found "off", expected an address or "none" after remote (off is a reserved word)`},
		{"scope id", "listen fe80::1%em0\n", `hast.conf:1:16: found "em0", expected "control"`},
		{"tab counts as one", "\t\ttimeout x\n", `hast.conf:1:11: found "x", expected a number from 1 to 2147483647 after timeout`},
		{"long word is cut", long, `hast.conf:1:1: found "` + strings.Repeat("x", 60) + `"..., expected "control"`},
		{"after a wide character", "\u00e4 foo\n", `hast.conf:1:3: found "foo"`},

		// Numbers.
		{"zero timeout", "timeout 0\n", `hast.conf:1:9: Negative or zero timeout. found the number "0", expected a number from 1 to 2147483647 after timeout`},
		{"zero timeout in resource", resource("timeout 000\n" + good), `hast.conf:2:9: Negative or zero timeout.`},
		{"negative timeout", "timeout -5\n", `hast.conf:1:9: found "-5", expected a number from 1 to 2147483647 after timeout`},
		{"past 32 bits", "timeout 2147483648\n", `hast.conf:1:9: found the number "2147483648", expected a number from 1 to 2147483647 after timeout`},
		{"past 64 bits", "timeout 99999999999999999999\n", `hast.conf:1:9: found the number "99999999999999999999", expected a number from 1`},

		// Our own statements.
		{"unknown own", "#% foo 1\n", `hast.conf:1:4: found "foo", expected "workers", "async-bound" or "async-time" after #%; a comment must not begin with "#%"`},
		{"foreign word behind prefix", "#% timeout 5\n", `hast.conf:1:4: found "timeout", expected "workers", "async-bound" or "async-time" after #%`},
		{"own in wrong place", "\n  #% nbd /x\n", `hast.conf:2:6: found "nbd", expected "workers", "async-bound" or "async-time" after #%; nbd belongs into a resource or an "on" section of a resource`},
		{"own where none is", "on hasta {\n#% workers 5\n}\n", `hast.conf:2:4: found "workers", expected no statement after #% here; workers belongs into`},
		{"own without argument", "#% workers\n5\n", `hast.conf:1:11: found the end of the line, expected a number from 1 to 64 after workers`},
		{"own with more", "#% workers 5 6\n", `hast.conf:1:14: found the number "6", expected the end of the line after #% workers`},
		{"own inside a statement", "timeout\n#% workers 5\n20\n", `hast.conf:2:1: found "#%", expected a number from 1 to 2147483647 after timeout`},
		{"too many workers", "#% workers 65\n", `hast.conf:1:12: found the number "65", expected a number from 1 to 64 after workers`},
		{"no workers", "#% workers 0\n", `hast.conf:1:12: found the number "0", expected a number from 1 to 64 after workers`},
		{"size suffix", "#% async-bound 64X\n", `hast.conf:1:16: found "64X", expected a size such as 64M, from 1048576 to 1099511627776 bytes, after async-bound`},
		{"size too small", "#% async-bound 64k\n", `hast.conf:1:16: found "64k", expected a size`},
		{"size too large", "#% async-bound 2T\n", `hast.conf:1:16: found "2T", expected a size`},
		{"size overflow", "#% async-bound 99999999E\n", `hast.conf:1:16: found "99999999E", expected a size`},

		// Meaning; the texts of hast-protocol.md §10.4 come first.
		{"twice", resource(good) + resource(good), `hast.conf:5:10: Resource shared configured more than once. The first time is at hast.conf:1:10;`},
		{"no node", resource("local /dev/a\non hastb { remote hasta }"), `hast.conf:1:10: No resource shared configuration for this node (acceptable node names: hasta, hasta.example, UUID-1, hostid42).`},
		{"no remote", resource("local /dev/a\non hasta { }"), `hast.conf:1:10: Remote address not configured for resource shared.`},
		{"no local", resource("on hasta { remote hastb }"), `hast.conf:1:10: Path to local component not configured for resource shared.`},
		{"long resource", "resource " + long[:255] + " { }\n", `hast.conf:1:10: Resource name is too long.`},
		{"long control", "control /" + long, `hast.conf:1:9: control argument is too long. It has 1025 bytes, shorten it to at most 1023.`},
		{"long pidfile", "on hasta { pidfile " + long + " }", `hast.conf:1:20: pidfile argument is too long.`},
		{"long listen", "listen " + long, `hast.conf:1:8: listen argument is too long.`},
		{"long name", resource("name " + long[:255] + " " + good), `hast.conf:2:6: name argument is too long.`},
		{"long local", resource("on hasta { remote hastb local " + long + " }"), `hast.conf:2:31: local argument is too long.`},
		{"long remote", resource("local /dev/a on hasta { remote " + long + " }"), `hast.conf:2:32: remote argument is too long.`},
		{"long source", resource("local /dev/a on hasta { remote hastb source " + long + " }"), `hast.conf:2:45: source argument is too long.`},
		{"long exec", "exec " + long + "\n" + resource(good), `hast.conf:1:6: Exec path is too long.`},
		{"long nbd", resource(good + "\n#% nbd " + long[:104]), `hast.conf:4:8: nbd argument is too long. It has 104 bytes, shorten it to at most 103.`},
		{"control not a path", "control hastctl\n", `hast.conf:1:9: control: "hastctl" is not a unix socket; hastctl's socket is given as /path or uds:///path`},
		{"control not an address", "control foo://x\n", `hast.conf:1:9: control: address "foo://x" begins with "foo://", expected tcp://`},
		{"bad listen", "listen tcp4://::1\n", `hast.conf:1:8: listen: address "tcp4://::1" has an IPv6 address behind tcp4://, use tcp6://`},
		{"only unix listen", "listen unix:///tmp/x\n", `hast.conf:1:8: No address to listen on.`},
		{"bad remote", resource("local /dev/a on hasta { remote [::1 }"), `hast.conf:2:32: remote of resource shared: address "[::1" lacks the closing bracket`},
		{"unix remote", resource("local /dev/a on hasta { remote /tmp/x }"), `hast.conf:2:32: remote of resource shared: "/tmp/x" is no address to connect to`},
		{"remote port", resource("local /dev/a on hasta { remote hastb:0 }"), `hast.conf:2:32: remote of resource shared: "hastb:0" is no address to connect to`},
		{"bad source", resource("local /dev/a on hasta { remote hastb source hasta:x }"), `hast.conf:2:45: source of resource shared: address "hasta:x" has the port "x"`},
		{"unix source", resource("local /dev/a on hasta { remote hastb source /tmp/x }"), `hast.conf:2:45: source of resource shared: "/tmp/x" is a unix socket`},
		{"same local", resource(good) + "resource two { local /dev//a on hasta { remote hastb } }\n", `hast.conf:5:10: resource two has the local component "/dev/a" on this node, which resource shared at hast.conf:1:10 has already; change "local" in one of them`},
		{"same provider", resource(good) + "resource two { name shared local /dev/b on hasta { remote hastb } }\n", `hast.conf:5:10: resource two has the provider "shared" on this node, which resource shared at hast.conf:1:10 has already`},
		{"same nbd", resource(good+"\n#% nbd /x/a") + resource2("#% nbd /x/a"), `hast.conf:6:10: resource two has the NBD socket "/x/a" on this node, which resource shared at hast.conf:1:10 has already; change "#% nbd" in one of them`},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := parseAndResolve(row.src, Node{Host: "hasta.example", HostUUID: "UUID-1", HostID: 42})
			var typed *Error
			if !errors.As(err, &typed) {
				t.Fatalf("got %v, want an *Error", err)
			}
			if !strings.HasPrefix(err.Error(), row.want) {
				t.Errorf("got  %s\nwant %s", err, row.want)
			}
		})
	}
}

func resource2(statement string) string {
	return "resource two {\nlocal /dev/b\non hasta { remote hastb }\n" + statement + "\n}\n"
}

func TestParseRefusesHugeFiles(t *testing.T) {
	if _, err := Parse("hast.conf", make([]byte, MaxFileBytes+1)); err == nil || !strings.Contains(err.Error(), "at most 1048576") {
		t.Errorf("got %v, want a refusal that names the bound", err)
	}
}

// TestOtherNodesAreNotChecked: what only the peer uses must not keep this node from starting.
func TestOtherNodesAreNotChecked(t *testing.T) {
	src := "on hastb { control bad pidfile " + strings.Repeat("x", 2000) + " }\n" +
		resource(good+"\non hastb { remote [bad name "+strings.Repeat("x", 300)+" }")
	if _, err := parseAndResolve(src, Node{Host: "hasta"}); err != nil {
		t.Error(err)
	}
}

// TestWarningsAreBounded: garbage that the original skips is accepted, with a bounded list of remarks.
func TestWarningsAreBounded(t *testing.T) {
	for _, row := range []struct {
		src  string
		want int
	}{
		{strings.Repeat("; ", 1000), maxWarnings + 1},
		{strings.Repeat("timeout 5\r\n", 1000), 1},
		{strings.Repeat(";", 100000), 1},
		{strings.Repeat("#%;\n", 60), maxWarnings + 1},
		{"#%%%%%%\n", 1},
		{"# no newline", 1},
		{"# newline\n", 0},
		{"\xff\xfe\x00\n", 1},
	} {
		f, err := Parse("hast.conf", []byte(row.src))
		if err != nil {
			t.Errorf("%.20q: %v", row.src, err)
		} else if len(f.Warnings) != row.want {
			t.Errorf("%.20q: %d warnings %v, want %d", row.src, len(f.Warnings), f.Warnings, row.want)
		}
	}
}
