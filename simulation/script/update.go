package script

import (
	"bytes"
	"strings"
)

// Update puts what steps printed into the text of their script, in place of what stood there. Comments
// and all else stay.
func Update(text []byte, outputs []Output) []byte {
	printed := make(map[int][]string, len(outputs))
	for _, o := range outputs {
		printed[o.Line] = o.Lines
	}
	var b bytes.Buffer
	dropping := false
	for i, line := range strings.SplitAfter(string(text), "\n") {
		if dropping && strings.HasPrefix(strings.TrimLeft(line, " \t"), wantMark) {
			continue
		}
		b.WriteString(line)
		lines, ok := printed[i+1]
		if dropping = ok; !ok {
			continue
		}
		if !strings.HasSuffix(line, "\n") {
			b.WriteByte('\n')
		}
		indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
		for _, l := range lines {
			b.WriteString(strings.TrimRight(indent+wantMark+" "+l, " ") + "\n")
		}
	}
	return b.Bytes()
}
