package config

import (
	"errors"
	"strconv"
)

// File is the syntax tree of a configuration, for all nodes.
type File struct {
	// Block is the file's top level; it has no name.
	Block
	Warnings []Warning
}

// Block is a level of the file: the top level, a resource or an "on" section.
type Block struct {
	// Name is the resource's or the node's name, Pos its place.
	Name       string
	Pos        Pos
	Statements []Statement
	// Nodes are the "on" sections of this level.
	Nodes []Block
	// Resources are only at the top level, with unique names.
	Resources []Block
}

// Statement is one setting.
type Statement struct {
	// Word is the statement's first word; those that only we know have no "#%" here.
	Word string
	// Text is the argument as written, Number its value if it is a number or a size.
	Text   string
	Number int64
	// Pos is where the argument stands.
	Pos Pos
}

// Parse reads a configuration without looking at what it means for a node. The name is the file's name
// for messages. Errors are of type *Error. The language is that of FreeBSD's token.l and parse.y
// (hast-protocol.md §10.1 and §10.2), with our statements behind "#%".
func Parse(name string, src []byte) (*File, error) {
	if len(src) > MaxFileBytes {
		return nil, errorAt(Pos{name, 1, 1}, "the file has %d bytes, at most %d are read; is this a configuration file?", len(src), MaxFileBytes)
	}
	s, err := newScanner(name, string(src))
	if err != nil {
		return nil, err
	}
	p := &parser{scanner: s, resources: map[string]Pos{}}
	f := &File{Block: Block{Pos: Pos{name, 1, 1}}}
	if err := p.block(&f.Block, inFile); err != nil {
		return nil, err
	}
	f.Warnings = s.warnings
	return f, nil
}

// parser is a recursive descent with one token of lookahead. Its depth is at most three: the grammar
// has no deeper place than an "on" section of a resource.
type parser struct {
	scanner   *scanner
	resources map[string]Pos
}

// block reads the statements of a level up to its end.
func (p *parser) block(b *Block, at scope) error {
	for {
		t, err := p.scanner.next()
		if err != nil {
			return err
		}
		switch {
		case t.kind == tokenEnd && at == inFile, t.kind == tokenClose && at != inFile:
			return nil
		case t.kind == tokenOwn:
			err = p.ownStatement(b, at)
		case t.kind == tokenKeyword && t.text == "on" && nodeScope(at) != 0:
			err = p.node(b, nodeScope(at))
		case t.kind == tokenKeyword && t.text == "resource" && at == inFile:
			err = p.resource(b)
		default:
			err = p.statement(b, at, t)
		}
		if err != nil {
			return err
		}
	}
}

// nodeScope tells where the inside of an "on" section is, 0 if there cannot be one.
func nodeScope(at scope) scope {
	switch at {
	case inFile:
		return inFileNode
	case inResource:
		return inResourceNode
	}
	return 0
}

func (p *parser) node(b *Block, at scope) error {
	inner := Block{}
	if err := p.open(&inner, `a node's name after "on"`); err != nil {
		return err
	}
	if err := p.block(&inner, at); err != nil {
		return err
	}
	b.Nodes = append(b.Nodes, inner)
	return nil
}

func (p *parser) resource(b *Block) error {
	inner := Block{}
	if err := p.open(&inner, `a resource's name after "resource"`); err != nil {
		return err
	}
	if len(inner.Name) > MaxNameBytes {
		return errorAt(inner.Pos, "Resource name is too long. %s has %d bytes, shorten it to at most %d.", quote(inner.Name), len(inner.Name), MaxNameBytes)
	}
	if first, twice := p.resources[inner.Name]; twice {
		return errorAt(inner.Pos, "Resource %s configured more than once. The first time is at %s; remove one or rename it.", inner.Name, first)
	}
	p.resources[inner.Name] = inner.Pos
	if err := p.block(&inner, inResource); err != nil {
		return err
	}
	b.Resources = append(b.Resources, inner)
	return nil
}

// open reads the name of a section and its opening brace.
func (p *parser) open(b *Block, expected string) error {
	t, err := p.scanner.next()
	if err != nil {
		return err
	}
	if t.kind != tokenString {
		return noString(t, expected)
	}
	b.Name, b.Pos = t.text, t.pos
	brace, err := p.scanner.next()
	if err != nil {
		return err
	}
	if brace.kind != tokenOpen {
		return notExpected(brace, `"{" after `+quote(b.Name))
	}
	return nil
}

// statement reads a statement of the original that begins with t.
func (p *parser) statement(b *Block, at scope, t token) error {
	r, known := findRule(t.text, false)
	if t.kind != tokenKeyword || !known || r.in&at == 0 {
		words := wordsIn(at, false)
		if nodeScope(at) != 0 {
			words = append(words, "on")
		}
		end := `"}"`
		if at == inFile {
			words = append(words, "resource")
			end = "the end of the file"
		}
		e := notExpected(t, oneOf(words)+", or "+end)
		switch {
		case t.kind == tokenEnd:
			e.Msg += "; the section " + quote(b.Name) + " of line " + strconv.Itoa(b.Pos.Line) + " is not closed"
		case t.kind == tokenKeyword && known:
			e.Msg += "; " + t.text + " belongs into " + r.in.String()
		case t.kind == tokenKeyword && (t.text == "resource" || t.text == "on"):
			e.Msg += `; is a "}" missing above?`
		}
		if _, own := findRule(t.text, true); own {
			e.Msg += "; write it as " + ownPrefix + " " + t.text
		}
		return e
	}
	return p.argument(b, r)
}

// ownStatement reads the rest of a "#%" line. An empty one is a comment.
func (p *parser) ownStatement(b *Block, at scope) error {
	t, err := p.scanner.next()
	if err != nil || t.kind == tokenLineEnd {
		return err
	}
	r, known := findRule(t.text, true)
	if !known || r.in&at == 0 {
		expected := oneOf(wordsIn(at, true)) + " after " + ownPrefix
		if wordsIn(at, true) == nil {
			expected = "no statement after " + ownPrefix + " here"
		}
		e := notExpected(t, expected)
		if known {
			e.Msg += "; " + t.text + " belongs into " + r.in.String()
		} else {
			e.Msg += `; a comment must not begin with "` + ownPrefix + `"`
		}
		return e
	}
	if err := p.argument(b, r); err != nil {
		return err
	}
	end, err := p.scanner.next()
	if err != nil {
		return err
	}
	if end.kind != tokenLineEnd {
		return notExpected(end, "the end of the line after "+ownPrefix+" "+r.word)
	}
	return nil
}

// argument reads what follows a statement's word and keeps the statement.
func (p *parser) argument(b *Block, r *rule) error {
	t, err := p.scanner.next()
	if err != nil {
		return err
	}
	s := Statement{Word: r.word, Text: t.text, Pos: t.pos}
	ok := false
	switch r.arg {
	case argString:
		ok = t.kind == tokenString
	case argRemote:
		ok = t.kind == tokenString || t.kind == tokenKeyword && t.text == RemoteNone
	case argChoice:
		for _, c := range r.choices {
			ok = ok || t.kind == tokenKeyword && t.text == c
		}
	case argNumber:
		if t.kind != tokenNumber {
			break
		}
		s.Number, err = strconv.ParseInt(t.text, 10, 64)
		// A number past 64 bits is saturated by ParseInt, and then out of any bound below.
		ok = err == nil || errors.Is(err, strconv.ErrRange)
	case argSize:
		if t.kind != tokenNumber && t.kind != tokenString {
			break
		}
		s.Number, err = ParseSize(t.text)
		ok = err == nil
	}
	if !ok && (r.arg == argString || r.arg == argRemote) {
		return noString(t, r.expects()+" after "+r.word)
	}
	if !ok {
		return notExpected(t, r.expects()+" after "+r.word)
	}
	if (r.arg == argNumber || r.arg == argSize) && (s.Number < r.min || s.Number > r.max) {
		e := notExpected(t, r.expects()+" after "+r.word)
		if r.word == "timeout" && s.Number == 0 {
			e.Msg = "Negative or zero timeout. " + e.Msg
		}
		return e
	}
	b.Statements = append(b.Statements, s)
	return nil
}

// expects names the argument in a message.
func (r *rule) expects() string {
	switch r.arg {
	case argRemote:
		return `an address or "none"`
	case argChoice:
		return oneOf(r.choices)
	case argNumber:
		return "a number from " + strconv.FormatInt(r.min, 10) + " to " + strconv.FormatInt(r.max, 10)
	case argSize:
		return "a size such as 64M, from " + strconv.FormatInt(r.min, 10) + " to " + strconv.FormatInt(r.max, 10) + " bytes,"
	}
	return "a string"
}

// notExpected is a syntax error: what stands there, and what could.
func notExpected(t token, expected string) *Error {
	return errorAt(t.pos, "found %s, expected %s", t.found(), expected)
}

// noString is the syntax error where a free word is wanted. It gives the reason for the two refusals
// that surprise: reserved words, and words of digits only, which the language has as numbers.
func noString(t token, expected string) *Error {
	e := notExpected(t, expected)
	switch t.kind {
	case tokenKeyword:
		e.Msg += " (" + t.text + " is a reserved word)"
	case tokenNumber:
		e.Msg += " (a word of digits alone is a number)"
	}
	return e
}
