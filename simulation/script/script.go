package script

import (
	"bytes"
	"fmt"
	"strings"
	"time"
)

// Script is a story of one pair.
type Script struct {
	// Name is where the text came from, for messages: a file's name, or "seed 7".
	Name string
	// Seed decides all that the script leaves open.
	Seed uint64
	// Lenient scripts take a refusal or a failed request as a thing that happens. Otherwise it is a
	// failure of the script unless the step says may-fail, or the next one expects it.
	Lenient bool
	// Knobs are the settings of the world and of the product, in the order of the text.
	Knobs []Knob
	// Steps are what happens.
	Steps []Step
}

// Knob is one setting; simulation.KnobNames says what there is to set.
type Knob struct{ Name, Value string }

// Step is one line of a script.
type Step struct {
	// At is how long the world goes on before the step.
	At time.Duration
	// Verb and Args are its words; Args holds them as they are meant, without quotes.
	Verb string
	Args []string
	// Want are the lines that the step is expected to print, for verbs that print.
	Want []string
	// Block are the steps inside of a step that holds some.
	Block []Step
	// Line is the number of its line in the text, from 1; 0 if there is no text.
	Line int
}

// Knob returns a knob's value, and whether it is set.
func (s *Script) Knob(name string) (string, bool) {
	for _, k := range s.Knobs {
		if k.Name == name {
			return k.Value, true
		}
	}
	return "", false
}

// Set sets a knob, in its place or behind the others.
func (s *Script) Set(name, value string) {
	for i := range s.Knobs {
		if s.Knobs[i].Name == name {
			s.Knobs[i].Value = value
			return
		}
	}
	s.Knobs = append(s.Knobs, Knob{name, value})
}

// Format writes a script as text that Parse reads as the same script. Comments are not kept.
func (s *Script) Format() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "seed %d\n", s.Seed)
	if s.Lenient {
		b.WriteString("lenient\n")
	}
	for _, k := range s.Knobs {
		fmt.Fprintf(&b, "%s %s\n", k.Name, quote(k.Value))
	}
	b.WriteString("\n")
	formatSteps(&b, s.Steps, "")
	return b.Bytes()
}

func formatSteps(b *bytes.Buffer, steps []Step, indent string) {
	for i := range steps {
		st := &steps[i]
		b.WriteString(indent + st.String())
		if st.Block != nil {
			b.WriteString(" {\n")
			formatSteps(b, st.Block, indent+"\t")
			b.WriteString(indent + "}")
		}
		b.WriteString("\n")
		for _, w := range st.Want {
			b.WriteString(indent + strings.TrimRight(wantMark+" "+w, " ") + "\n")
		}
	}
}

// String is the step's line, without what it prints and what is inside.
func (st Step) String() string {
	words := make([]string, 0, 2+len(st.Args))
	if st.At > 0 {
		words = append(words, "+"+st.At.String())
	}
	words = append(words, st.Verb)
	for _, a := range st.Args {
		words = append(words, quote(a))
	}
	return strings.Join(words, " ")
}

// Equal reports whether two scripts tell the same story, whatever their names and line numbers.
func (s *Script) Equal(o *Script) bool { return bytes.Equal(s.Format(), o.Format()) }
