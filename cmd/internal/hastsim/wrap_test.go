package hastsim

import (
	"slices"
	"strings"
	"testing"
)

func TestWrap(t *testing.T) {
	long := strings.Repeat("x", 13)
	for _, c := range []struct {
		text string
		want []string
	}{
		{"", []string{""}},
		{"fits", []string{"fits"}},
		{"one two three", []string{"one two", "    three"}},
		{"one two three four", []string{"one two", "    three", "    four"}},
		// A word for which no line is long enough; such a one once made lines without end.
		{"one " + long, []string{"one", "    xxxxxx", "    xxxxxx", "    x"}},
		{long, []string{"xxxxxxxxxx", "    xxx"}},
	} {
		if got := wrap(c.text, 10); !slices.Equal(got, c.want) {
			t.Errorf("%q is wrapped to %q, want %q", c.text, got, c.want)
		}
	}
}
