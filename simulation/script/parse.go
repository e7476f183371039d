package script

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// wantMark begins a line that the step before it is expected to print.
const wantMark = "|"

// maxSteps bounds how many steps a text may have.
const maxSteps = 100_000

// Error is a mistake in a script's text.
type Error struct {
	Name string
	Line int
	Text string // what is wrong and what is allowed
}

// Error names the place and the mistake.
func (e *Error) Error() string { return fmt.Sprintf("%s:%d: %s", e.Name, e.Line, e.Text) }

// Parse reads a script. Its errors are *Error, all that it finds, joined.
func Parse(name string, text []byte) (*Script, error) {
	p := &parser{script: &Script{Name: name, Seed: 1}}
	p.open = append(p.open, &p.script.Steps)
	for i, line := range strings.Split(string(text), "\n") {
		p.line = i + 1
		if err := p.take(strings.TrimRight(line, "\r")); err != nil {
			p.errs = append(p.errs, &Error{name, p.line, err.Error()})
		}
		if len(p.errs) >= 10 {
			break
		}
	}
	if len(p.open) > 1 && p.errs == nil {
		p.errs = append(p.errs, &Error{name, p.line, `a block is not closed; write "}" on a line of its own`})
	}
	if p.errs != nil {
		return nil, errors.Join(p.errs...)
	}
	return p.script, nil
}

// parser is the state of Parse.
type parser struct {
	script *Script
	line   int
	steps  int
	open   []*[]Step // lists of steps, the innermost last
	errs   []error
}

func (p *parser) take(line string) error {
	if text, ok := strings.CutPrefix(strings.TrimLeft(line, " \t"), wantMark); ok {
		return p.want(strings.TrimPrefix(text, " "))
	}
	words, brace, err := split(line)
	switch {
	case err != nil || len(words) == 0 && brace == "":
		return err
	case p.steps == 0 && brace == "" && knobKnown(words[0]):
		return p.header(words)
	case brace == "}":
		return p.end(words)
	}
	return p.step(words, brace == "{")
}

// end closes a block.
func (p *parser) end(words []string) error {
	if len(words) > 0 {
		return errors.New(`"}" stands on a line of its own`)
	}
	if len(p.open) == 1 {
		return errors.New(`"}" closes nothing`)
	}
	p.open = p.open[:len(p.open)-1]
	return nil
}

// header takes a line in front of the first step.
func (p *parser) header(words []string) error {
	name, args := words[0], words[1:]
	switch {
	case name == "lenient":
		if len(args) != 0 {
			return errors.New("lenient takes no value")
		}
		p.script.Lenient = true
		return nil
	case len(args) != 1:
		return fmt.Errorf("%s takes one value, got %d; quote a value with spaces", name, len(args))
	case name == "seed":
		n, err := strconv.ParseUint(args[0], 10, 64)
		if err != nil {
			return fmt.Errorf("seed %q is not a number from 0 to 2^64-1", args[0])
		}
		p.script.Seed = n
		return nil
	}
	if _, twice := p.script.Knob(name); twice {
		return fmt.Errorf("%s is set twice", name)
	}
	if err := checkKnob(name, args[0]); err != nil {
		return err
	}
	p.script.Knobs = append(p.script.Knobs, Knob{name, args[0]})
	return nil
}

func (p *parser) step(words []string, block bool) error {
	if len(words) == 0 {
		return errors.New(`a step needs a verb before its "{"`)
	}
	if p.steps++; p.steps > maxSteps {
		return fmt.Errorf("more than %d steps", maxSteps)
	}
	st := Step{Line: p.line}
	if after, ok := strings.CutPrefix(words[0], "+"); ok {
		d, err := time.ParseDuration(after)
		if err != nil || d < 0 {
			return fmt.Errorf("%q is no time to wait; write it as +20ms or +1.5s", words[0])
		}
		if st.At, words = d, words[1:]; len(words) == 0 {
			return errors.New("a step needs a verb behind its time; to let time pass, write idle 20ms")
		}
	}
	st.Verb = words[0]
	if len(words) > 1 {
		st.Args = words[1:]
	}
	if block {
		st.Block = []Step{}
	}
	err := p.script.check(&st)
	in := p.open[len(p.open)-1]
	*in = append(*in, st)
	if block {
		p.open = append(p.open, &(*in)[len(*in)-1].Block)
	}
	return err
}

// want takes a line that the step above is to print.
func (p *parser) want(text string) error {
	in := *p.open[len(p.open)-1]
	if len(in) == 0 {
		return errors.New("a line of output stands behind the step that prints it")
	}
	last := &in[len(in)-1]
	if v := findVerb(last.Verb); v == nil || !v.prints {
		return fmt.Errorf("%s prints nothing; these do: %s", last.Verb, printing())
	}
	last.Want = append(last.Want, text)
	return nil
}

// split cuts a line into words, and the brace that may stand behind them. A # begins a comment; double
// quotes hold a word's blanks together, with the escapes of Go's strings.
func split(line string) (words []string, brace string, err error) {
	for {
		line = strings.TrimLeft(line, " \t")
		if line == "" || line[0] == '#' {
			return words, brace, nil
		}
		if brace != "" {
			return nil, "", fmt.Errorf("nothing may follow %q", brace)
		}
		if line[0] == '{' || line[0] == '}' {
			brace, line = line[:1], line[1:]
			continue
		}
		var word strings.Builder
		for line != "" && line[0] != ' ' && line[0] != '\t' {
			if line[0] != '"' {
				word.WriteByte(line[0])
				line = line[1:]
				continue
			}
			quoted, err := strconv.QuotedPrefix(line)
			if err != nil {
				return nil, "", errors.New("a quoted word is not closed, or has an escape that doesn't exist")
			}
			text, err := strconv.Unquote(quoted)
			if err != nil {
				return nil, "", fmt.Errorf("%s is no quoted word", quoted)
			}
			word.WriteString(text)
			line = line[len(quoted):]
		}
		words = append(words, word.String())
	}
}

// quote writes a word so that split reads it as one.
func quote(word string) string {
	if word == "" || word[0] == '{' || word[0] == '}' || word[0] == '#' || word[0] == '+' || strings.HasPrefix(word, wantMark) {
		return strconv.Quote(word)
	}
	for _, c := range word {
		if c <= ' ' || c == '"' || c >= 0x7f {
			return strconv.Quote(word)
		}
	}
	return word
}
