package config

import (
	"fmt"
	"strings"

	"github.com/alecthomas/participle/v2/lexer"
)

// The words and their positions come from participle's lexer. Its parser is not used: its errors name
// one expected token where a reader needs all statements that are allowed at the place, and it cannot
// follow "#%" statements, whose end is the end of the line.

type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenString
	tokenNumber
	tokenKeyword
	tokenOpen
	tokenClose
	// tokenOwn is the "#%" in front of a statement of ours, tokenLineEnd what closes it.
	tokenOwn
	tokenLineEnd
)

type token struct {
	kind tokenKind
	text string
	pos  Pos
}

// found names the token in a message.
func (t token) found() string {
	switch t.kind {
	case tokenEnd:
		return "the end of the file"
	case tokenLineEnd:
		return "the end of the line"
	case tokenNumber:
		return "the number " + quote(t.text)
	}
	return quote(t.text)
}

// keywords are reserved everywhere: none of them can be a name or an address (hast-protocol.md §10.1).
var keywords = wordSet(`control pidfile listen replication checksum compression timeout exec metaflush
	resource name local remote source on off fullsync memsync async none crc32 sha256 hole lzf`)

func wordSet(words string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(words) {
		set[w] = true
	}
	return set
}

// A run of word characters is one token, which is the longest match of FreeBSD's lexer: what the word
// is gets decided afterwards, so that on1 does not become the keyword on and a 1.
var (
	hastLexer = lexer.MustSimple([]lexer.SimpleRule{
		{Name: "Word", Pattern: `[A-Za-z0-9._/:\[\]-]+`},
		{Name: "Open", Pattern: `\{`},
		{Name: "Close", Pattern: `\}`},
		{Name: "Comment", Pattern: `#[^\n]*\n?`},
		{Name: "whitespace", Pattern: `[ \t\n]+`},
		{Name: "Skipped", Pattern: `[^A-Za-z0-9._/:\[\]{}# \t\n-]+`},
	})
	symbols       = hastLexer.Symbols()
	symbolWord    = symbols["Word"]
	symbolOpen    = symbols["Open"]
	symbolClose   = symbols["Close"]
	symbolComment = symbols["Comment"]
	symbolSkipped = symbols["Skipped"]
)

const (
	// ownPrefix begins a statement of ours. It counts only as the first thing in its line.
	ownPrefix = "#%"
	// maxWarnings bounds the remarks about one file: a binary file would give one per byte.
	maxWarnings = 50
)

// scanner gives the tokens of a file one by one.
type scanner struct {
	name string
	src  string
	lex  lexer.Lexer
	// queue holds the rest of a "#%" line.
	queue []token
	// line is the last line in which something other than a comment stood.
	line     int
	warnings []Warning
	crlf     bool
}

func newScanner(name, src string) (*scanner, error) {
	lex, err := hastLexer.LexString(name, src)
	if err != nil {
		return nil, errorAt(Pos{name, 1, 1}, "%v", err)
	}
	return &scanner{name: name, src: src, lex: lex}, nil
}

func (s *scanner) next() (token, error) {
	if len(s.queue) > 0 {
		t := s.queue[0]
		s.queue = s.queue[1:]
		return t, nil
	}
	for {
		raw, err := s.lex.Next()
		pos := Pos{s.name, raw.Pos.Line, raw.Pos.Column}
		if err != nil {
			return token{}, errorAt(Pos{s.name, max(pos.Line, 1), max(pos.Col, 1)}, "%v", err)
		}
		if raw.Type == symbolComment {
			if err := s.comment(raw, pos); err != nil {
				return token{}, err
			}
			if len(s.queue) > 0 {
				return s.next()
			}
			continue
		}
		s.line = pos.Line
		if raw.Type == symbolSkipped {
			s.skipped(raw, pos)
			continue
		}
		return classify(raw, pos), nil
	}
}

func classify(raw lexer.Token, pos Pos) token {
	t := token{kind: tokenString, text: raw.Value, pos: pos}
	switch {
	case raw.EOF():
		t.kind = tokenEnd
	case raw.Type == symbolOpen:
		t.kind = tokenOpen
	case raw.Type == symbolClose:
		t.kind = tokenClose
	case keywords[raw.Value]:
		t.kind = tokenKeyword
	case strings.Trim(raw.Value, "0123456789") == "":
		t.kind = tokenNumber
	}
	return t
}

// comment queues the tokens of a "#%" line and drops every other comment.
func (s *scanner) comment(raw lexer.Token, pos Pos) error {
	text, closed := strings.CutSuffix(raw.Value, "\n")
	if !closed {
		s.warn(pos, "the comment in the last line lacks a newline: FreeBSD's hastd reads its words as statements")
	}
	first := pos.Line != s.line
	rest, own := strings.CutPrefix(text, ownPrefix)
	if !own || !first {
		return nil
	}
	s.queue = append(s.queue, token{tokenOwn, ownPrefix, pos})
	inner, err := hastLexer.LexString(s.name, rest)
	if err != nil {
		return errorAt(pos, "%v", err)
	}
	for {
		raw2, err := inner.Next()
		at := Pos{s.name, pos.Line, pos.Col + len(ownPrefix) + max(raw2.Pos.Column, 1) - 1}
		switch {
		case err != nil:
			return errorAt(at, "%v", err)
		case raw2.EOF():
			s.queue = append(s.queue, token{kind: tokenLineEnd, pos: at})
			return nil
		case raw2.Type == symbolComment:
			continue
		case raw2.Type == symbolSkipped:
			raw2.Pos.Offset += raw.Pos.Offset + len(ownPrefix)
			s.skipped(raw2, at)
		default:
			s.queue = append(s.queue, classify(raw2, at))
		}
	}
}

// skipped remarks on characters that no token has. The original prints them and goes on, so that such a
// file is accepted, but it is seldom what was meant: fe80::1%em0 becomes two words.
func (s *scanner) skipped(raw lexer.Token, pos Pos) {
	text := raw.Value
	after := raw.Pos.Offset + len(text)
	if strings.HasSuffix(text, "\r") && (after == len(s.src) || s.src[after] == '\n') {
		if !s.crlf {
			s.crlf = true
			s.warn(pos, "lines end in CR LF, the CR is skipped here and in the lines below")
		}
		text = strings.TrimSuffix(text, "\r")
	}
	if text != "" {
		s.warn(pos, fmt.Sprintf("skipped %s, which has no meaning in this file (there is no quoting)", quote(text)))
	}
}

func (s *scanner) warn(pos Pos, msg string) {
	switch {
	case len(s.warnings) < maxWarnings:
		s.warnings = append(s.warnings, Warning{pos, msg})
	case len(s.warnings) == maxWarnings:
		s.warnings = append(s.warnings, Warning{pos, "there are more remarks of this kind, which are not listed"})
	}
}
