package cmd_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"hast/gate/control"
	"hast/wire"
)

// condition is one field of status --json and what it must be: FIELD=TEXT, FIELD~REGEXP, FIELD>NUMBER or
// FIELD<NUMBER. The field of a part is written PART.FIELD.
type condition struct {
	text  string
	path  []string
	op    byte
	want  string
	match *regexp.Regexp
	num   float64
}

func parseCondition(ts *testscript.TestScript, text string) condition {
	i := strings.IndexAny(text, "=~<>")
	if i < 1 {
		ts.Fatalf("%q is no condition", text)
	}
	c := condition{text: text, path: strings.Split(text[:i], "."), op: text[i], want: text[i+1:]}
	var err error
	switch c.op {
	case '~':
		c.match, err = regexp.Compile(c.want)
	case '<', '>':
		c.num, err = strconv.ParseFloat(c.want, 64)
	}
	ts.Check(err)
	return c
}

func (c *condition) holds(v any) bool {
	for _, name := range c.path {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	got := ""
	if v != nil {
		got = fmt.Sprint(v)
	}
	switch c.op {
	case '=':
		return got == c.want
	case '~':
		return c.match.MatchString(got)
	}
	n, err := strconv.ParseFloat(got, 64)
	return err == nil && (c.op == '<' && n < c.num || c.op == '>' && n > c.num)
}

// status NODE[/RESOURCE] CONDITION...: waits until all conditions hold at the same time.
func status(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 2, "status node[/resource] condition...")
	node, resource, named := strings.Cut(args[0], "/")
	if !named {
		resource = "shared"
	}
	var all []condition
	for _, text := range args[1:] {
		all = append(all, parseCondition(ts, text))
	}
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	deadline := time.After(patience)
	for {
		text, failing := statusOf(ts, node, resource), ""
		var v any
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		_ = d.Decode(&v) // if it is an error's text, no condition holds
		for i := range all {
			if !all[i].holds(v) {
				failing = all[i].text
				break
			}
		}
		if failing == "" {
			return
		}
		select {
		case <-again.C:
		case <-deadline:
			ts.Fatalf("%s: %s doesn't come true; status is %s\n%s", args[0], failing, text, logs(ts))
		}
	}
}

// statusOf asks a node, as hastctl does; an error is given as text.
func statusOf(ts *testscript.TestScript, node, resource string) string {
	rep, err := control.Call(ts.MkAbs("ctl."+node), wire.ControlRequest{Cmd: wire.ControlStatus, Resources: []string{resource}}, patience)
	switch {
	case err != nil:
		return err.Error()
	case len(rep.Resources) != 1 || rep.Resources[0].Error != 0:
		return fmt.Sprintf("%+v", rep)
	}
	return rep.Resources[0].JSON
}
