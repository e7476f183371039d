package config

import (
	"strings"
	"time"

	"hast/states"
)

// The defaults of hast-protocol.md §10.3.
const (
	DefaultControl = "/var/run/hastctl"
	DefaultPidfile = "/var/run/hastd.pid"
	DefaultTimeout = 20 * time.Second
)

// The defaults of our own settings.
const (
	DefaultWorkers = 4
	// DefaultAsyncBound is in bytes.
	DefaultAsyncBound int64 = 64 << 20
	DefaultAsyncTime        = 5 * time.Second
	DefaultStateDir         = "/var/lib/hast"
)

// DefaultListen returns the addresses that are listened on when none is configured, one per family.
func DefaultListen() []string {
	return []string{"tcp4://0.0.0.0:8457", "tcp6://[::]:8457"}
}

func defaultResource(b Block) Resource {
	return Resource{
		Name:        b.Name,
		Provider:    b.Name,
		Replication: states.MemSync,
		Checksum:    states.ChecksumNone,
		Compression: states.CompressionHole,
		Timeout:     DefaultTimeout,
		MetaFlush:   true,
		StateDir:    DefaultStateDir,
		Workers:     DefaultWorkers,
		AsyncBound:  DefaultAsyncBound,
		AsyncTime:   DefaultAsyncTime,
		Pos:         b.Pos,
	}
}

// level holds the last statement of each word at one level. Later statements override earlier ones.
type level map[string]Statement

func (l level) add(statements []Statement) {
	for _, s := range statements {
		l[s.Word] = s
	}
}

func find(word string, levels ...level) (Statement, bool) {
	for _, l := range levels {
		if s, ok := l[word]; ok {
			return s, true
		}
	}
	return Statement{}, false
}

// Resolve tells what the file says to one node: statements are inherited, defaults filled in, and the
// result is checked. Errors are of type *Error. Sections of other nodes are not looked at, as in the
// original, so that each node refuses only what is wrong for itself.
func (f *File) Resolve(n Node) (*Config, error) {
	c := &Config{Control: DefaultControl, Pidfile: DefaultPidfile, Warnings: append([]Warning(nil), f.Warnings...)}
	global, here := level{}, level{}
	global.add(f.Statements)
	listen := withWord("listen", f.Statements)
	for _, section := range f.Nodes {
		if n.Matches(section.Name) {
			here.add(section.Statements)
			listen = append(listen, withWord("listen", section.Statements)...)
		}
	}
	for word, value := range map[string]*string{"control": &c.Control, "pidfile": &c.Pidfile} {
		if s, ok := find(word, here, global); ok {
			*value = s.Text
		}
	}
	if err := c.checkGlobals(f.Pos, here, global); err != nil {
		return nil, err
	}
	if err := c.addListen(listen); err != nil {
		return nil, err
	}
	for _, b := range f.Resources {
		r, err := c.resolveResource(b, n, global)
		if err != nil {
			return nil, err
		}
		c.Resources = append(c.Resources, *r)
	}
	if err := c.checkDistinct(); err != nil {
		return nil, err
	}
	return c, nil
}

func withWord(word string, statements []Statement) []Statement {
	var found []Statement
	for _, s := range statements {
		if s.Word == word {
			found = append(found, s)
		}
	}
	return found
}

func (c *Config) resolveResource(b Block, n Node, global level) (*Resource, error) {
	node, own := level{}, level{}
	own.add(b.Statements)
	matched := false
	for _, section := range b.Nodes {
		if n.Matches(section.Name) {
			matched = true
			node.add(section.Statements)
		}
	}
	if !matched {
		return nil, errorAt(b.Pos, "No resource %s configuration for this node (acceptable node names: %s). Add an \"on\" section with one of these names to the resource.",
			b.Name, strings.Join(n.Names(), ", "))
	}
	r := defaultResource(b)
	for i := range rules {
		rule := &rules[i]
		if rule.set == nil {
			continue
		}
		s, ok := find(rule.word, node, own, global)
		if !ok {
			continue
		}
		if err := rule.checkLength(s); err != nil {
			return nil, err
		}
		if err := rule.set(&r, s); err != nil {
			return nil, errorAt(s.Pos, "%s of resource %s: %v", rule.word, b.Name, err)
		}
	}
	if r.NBDSocket == "" {
		r.NBDSocket = c.defaultNBDSocket(&r)
	}
	return &r, r.check(node)
}

// defaultNBDSocket is <control>.d/<name>. A name may hold slashes and be as long as a path, so that it
// is escaped to stay one directory entry ("%" is in no name), and given up when no socket can have it:
// FreeBSD takes such a name, and on a node that does not serve NBD nothing is amiss.
func (c *Config) defaultNBDSocket(r *Resource) string {
	entry := strings.ReplaceAll(r.Name, "/", "%2F")
	if entry[0] == '.' {
		entry = "%2E" + entry[1:]
	}
	path := c.ControlPath() + ".d/" + entry
	if len(path) <= MaxSocketPathBytes {
		return path
	}
	c.Warnings = append(c.Warnings, Warning{r.Pos, "the path of the NBD socket of resource " + quote(r.Name) +
		" is too long for a socket, the device is not served by NBD; set a path with " + ownPrefix + " nbd"})
	return ""
}
