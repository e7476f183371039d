package script

import (
	"fmt"
	"slices"

	"hast/simulation"
)

// knobKnown reports whether a line that begins with a word is a line of the header.
func knobKnown(name string) bool {
	return name == "seed" || name == "lenient" || slices.Contains(simulation.KnobNames(), name)
}

func checkKnob(name, value string) error {
	k := simulation.DefaultKnobs()
	return k.Set(name, value)
}

// Values are the knobs that the header sets, with the others as they are by default.
func (s *Script) Values() (simulation.Knobs, error) {
	values := simulation.DefaultKnobs()
	for _, k := range s.Knobs {
		if err := values.Set(k.Name, k.Value); err != nil {
			return values, fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	return values, nil
}

// SetKnobs sets all knobs.
func (s *Script) SetKnobs(k simulation.Knobs) {
	s.Knobs = nil
	for _, x := range k.List() {
		s.Knobs = append(s.Knobs, Knob{x.Name, x.Value})
	}
}

// size is the size in bytes of the device that the header asks for.
func (s *Script) size() int64 {
	values, err := s.Values()
	if err != nil {
		return 0
	}
	return values.Sectors * simulation.SectorSize
}
