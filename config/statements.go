package config

import (
	"strconv"
	"time"

	"hast/states"
)

// scope is a set of places in the file.
type scope uint8

const (
	inFile scope = 1 << iota
	inFileNode
	inResource
	inResourceNode
)

// places names each scope in messages.
var places = []struct {
	scope scope
	text  string
}{
	{inFile, "the file's top level"},
	{inFileNode, `an "on" section of the file's top level`},
	{inResource, "a resource"},
	{inResourceNode, `an "on" section of a resource`},
}

func (s scope) String() string {
	var texts []string
	for _, p := range places {
		if s&p.scope != 0 {
			texts = append(texts, p.text)
		}
	}
	return orList(texts)
}

// argument says what follows a statement's word.
type argument uint8

const (
	// argString is a STR token. A number is none, as in the original.
	argString argument = iota
	// argRemote is a STR token or the keyword none.
	argRemote
	// argChoice is one of the rule's choices, all of which are keywords.
	argChoice
	// argNumber is a number within the rule's bounds.
	argNumber
	// argSize is a number of bytes with an optional suffix, within the rule's bounds.
	argSize
)

// rule is one statement of the language: where it may stand, what it takes, what it sets and what a
// reload makes of a change. A new statement is a new row.
type rule struct {
	word string
	// own marks a statement that only we know, written behind "#%".
	own bool
	in  scope
	arg argument
	// choices are the words of argChoice.
	choices []string
	// min and max bound argNumber and argSize.
	min, max int64
	// what is the subject of the original's message about a text of more than maxBytes bytes.
	what     string
	maxBytes int
	// set stores the value, show gives it as text; both nil for a statement that is not a resource's.
	set  func(*Resource, Statement) error
	show func(*Resource) string
	// reload says what a change of the value asks for.
	reload reloadKind
}

const (
	maxInt32 = 1<<31 - 1
	mebibyte = 1 << 20
	tebibyte = 1 << 40
)

// rules are hast-protocol.md §10.2 and §10.3, followed by our own statements. A resource's value is that
// of its node section, else that of the resource, else the global one, as far as a row allows the
// statement at these places.
var rules = []rule{
	{word: "control", in: inFile | inFileNode, what: "control argument", maxBytes: MaxAddressBytes},
	{word: "pidfile", in: inFile | inFileNode, what: "pidfile argument", maxBytes: MaxPathBytes},
	{word: "listen", in: inFile | inFileNode, what: "listen argument", maxBytes: MaxAddressBytes},
	{
		word: "name", in: inResource | inResourceNode, what: "name argument", maxBytes: MaxNameBytes,
		set:  func(r *Resource, s Statement) error { r.Provider = s.Text; return nil },
		show: func(r *Resource) string { return r.Provider }, reload: reloadRestart,
	},
	{
		word: "local", in: inResource | inResourceNode, what: "local argument", maxBytes: MaxPathBytes,
		set:  func(r *Resource, s Statement) error { r.Local = s.Text; return nil },
		show: func(r *Resource) string { return r.Local }, reload: reloadRestart,
	},
	{
		word: "remote", in: inResourceNode, arg: argRemote, what: "remote argument", maxBytes: MaxAddressBytes,
		set: func(r *Resource, s Statement) error {
			r.Remote, r.RemoteNone = s.Text, s.Text == RemoteNone
			return nil
		},
		show: func(r *Resource) string { return r.Remote },
	},
	{
		word: "source", in: inResourceNode, what: "source argument", maxBytes: MaxAddressBytes,
		set:  func(r *Resource, s Statement) error { r.Source = s.Text; return nil },
		show: func(r *Resource) string { return r.Source },
	},
	{
		word: "replication", in: inFile | inResource, arg: argChoice, choices: []string{"fullsync", "memsync", "async"},
		set: func(r *Resource, s Statement) (err error) {
			r.Replication, err = states.ParseMode(s.Text)
			return err
		},
		show: func(r *Resource) string { return r.Replication.String() },
	},
	{
		word: "checksum", in: inFile | inResource, arg: argChoice, choices: []string{"none", "crc32", "sha256"},
		set: func(r *Resource, s Statement) (err error) {
			r.Checksum, err = states.ParseChecksum(s.Text)
			return err
		},
		show: func(r *Resource) string { return r.Checksum.String() },
	},
	{
		word: "compression", in: inFile | inResource, arg: argChoice, choices: []string{"none", "hole", "lzf"},
		set: func(r *Resource, s Statement) (err error) {
			r.Compression, err = states.ParseCompression(s.Text)
			return err
		},
		show: func(r *Resource) string { return r.Compression.String() },
	},
	{
		// The upper bound is that of the original's int, in which the value also travels.
		word: "timeout", in: inFile | inResource, arg: argNumber, min: 1, max: maxInt32,
		set: func(r *Resource, s Statement) error {
			r.Timeout = time.Duration(s.Number) * time.Second
			return nil
		},
		show: func(r *Resource) string { return r.Timeout.String() },
	},
	{
		word: "exec", in: inFile | inResource, what: "Exec path", maxBytes: MaxPathBytes,
		set:  func(r *Resource, s Statement) error { r.Exec = s.Text; return nil },
		show: func(r *Resource) string { return r.Exec },
	},
	{
		word: "metaflush", in: inFile | inResource | inResourceNode, arg: argChoice, choices: []string{"on", "off"},
		set:  func(r *Resource, s Statement) error { r.MetaFlush = s.Text == "on"; return nil },
		show: func(r *Resource) string { return onOff(r.MetaFlush) },
	},
	{
		word: "nbd", own: true, in: inResource | inResourceNode, what: "nbd argument", maxBytes: MaxSocketPathBytes,
		set:  func(r *Resource, s Statement) error { r.NBDSocket = s.Text; return nil },
		show: func(r *Resource) string { return r.NBDSocket }, reload: reloadRestart,
	},
	{
		word: "state-dir", own: true, in: inResource | inResourceNode, what: "directory", maxBytes: MaxPathBytes,
		set:  func(r *Resource, s Statement) error { r.StateDir = s.Text; return nil },
		show: func(r *Resource) string { return r.StateDir }, reload: reloadRestart,
	},
	{
		word: "workers", own: true, in: inFile | inResource | inResourceNode, arg: argNumber, min: 1, max: 64,
		set:  func(r *Resource, s Statement) error { r.Workers = int(s.Number); return nil },
		show: func(r *Resource) string { return strconv.Itoa(r.Workers) },
	},
	{
		// The least bound has room for one request of the largest size (MAXPHYS).
		word: "async-bound", own: true, in: inFile | inResource | inResourceNode, arg: argSize, min: mebibyte, max: tebibyte,
		set:  func(r *Resource, s Statement) error { r.AsyncBound = s.Number; return nil },
		show: func(r *Resource) string { return strconv.FormatInt(r.AsyncBound, 10) },
	},
	{
		word: "async-time", own: true, in: inFile | inResource | inResourceNode, arg: argNumber, min: 1, max: 3600,
		set: func(r *Resource, s Statement) error {
			r.AsyncTime = time.Duration(s.Number) * time.Second
			return nil
		},
		show: func(r *Resource) string { return strconv.FormatInt(int64(r.AsyncTime/time.Second), 10) },
	},
}

func onOff(b bool) string {
	if b {
		return "on"
	}
	return "off"
}

// findRule finds the row of a word, among ours or among the original's.
func findRule(word string, own bool) (*rule, bool) {
	for i := range rules {
		if rules[i].word == word && rules[i].own == own {
			return &rules[i], true
		}
	}
	return nil, false
}

// wordsIn lists the statements that may stand at a place.
func wordsIn(at scope, own bool) []string {
	var words []string
	for _, r := range rules {
		if r.own == own && r.in&at != 0 {
			words = append(words, r.word)
		}
	}
	return words
}
