package hastlog

import (
	"fmt"
	"strings"

	"github.com/hashicorp/go-hclog"
)

// Keys whose values become the prefix of a line, as in "[shared] (primary) ".
const (
	KeyResource = "resource"
	KeyRole     = "role"
)

// words are the levels as HAST writes them. What is finer than debug is debug of level 2.
var words = map[hclog.Level]string{
	hclog.Trace: "[DEBUG][2] ",
	hclog.Debug: "[DEBUG][1] ",
	hclog.Info:  "[INFO] ",
	hclog.Warn:  "[WARNING] ",
	hclog.Error: "[ERROR] ",
}

// Format makes the text of a line, without its level and without a newline: prefix, message, and what
// other values there are as key=value. The logger's name stands for the resource if nothing else does. A control character can't break the line: whoever reads logs
// by line sees one line for each event.
func Format(name, msg string, args []any) string {
	resource, role := name, ""
	var rest strings.Builder
	for i := 0; i < len(args); i += 2 {
		if i+1 == len(args) {
			fmt.Fprintf(&rest, " %s", text(args[i]))
			break
		}
		value := text(args[i+1])
		switch args[i] {
		case KeyResource:
			resource = value
		case KeyRole:
			role = value
		default:
			if value == "" || strings.ContainsAny(value, " =\"") {
				value = fmt.Sprintf("%q", value)
			}
			fmt.Fprintf(&rest, " %s=%s", text(args[i]), value)
		}
	}
	line := msg + rest.String()
	if role != "" {
		line = "(" + role + ") " + line
	}
	if resource != "" {
		line = "[" + resource + "] " + line
	}
	return oneLine(line)
}

func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case hclog.Format:
		if len(v) > 0 {
			if format, ok := v[0].(string); ok {
				return fmt.Sprintf(format, v[1:]...)
			}
		}
		return ""
	}
	return fmt.Sprint(v)
}

// oneLine shows line breaks and other control characters as they are written in Go.
func oneLine(s string) string {
	if strings.IndexFunc(s, control) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if control(r) {
			q := fmt.Sprintf("%q", r)
			b.WriteString(q[1 : len(q)-1])
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func control(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }
