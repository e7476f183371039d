package hastlog

import (
	"bytes"
	"testing"

	"github.com/hashicorp/go-hclog"
)

func TestLines(t *testing.T) {
	for _, c := range []struct {
		name      string
		level     hclog.Level
		log       func(hclog.Logger)
		out, errs string
	}{
		{"prefix", hclog.Info, func(l hclog.Logger) {
			l.With("resource", "shared").With("role", "primary").Info("Connected to tcp4://10.0.0.2.")
		}, "[INFO] [shared] (primary) Connected to tcp4://10.0.0.2.\n", ""},
		{"role of the call wins", hclog.Info, func(l hclog.Logger) {
			l.With("resource", "shared", "role", "init").Info("x", "role", "primary")
		}, "[INFO] [shared] (primary) x\n", ""},
		{"name", hclog.Info, func(l hclog.Logger) { l.Named("shared").Info("x", "role", "init") }, "[INFO] [shared] (init) x\n", ""},
		{"resource before name", hclog.Info, func(l hclog.Logger) { l.Named("net").Info("x", "resource", "shared") }, "[INFO] [shared] x\n", ""},
		{"other values", hclog.Info, func(l hclog.Logger) {
			l.Info("x", "n", 7, "s", "a b", "e", "", "odd")
		}, "[INFO] x n=7 s=\"a b\" e=\"\" odd\n", ""},
		{"warnings to the other stream", hclog.Info, func(l hclog.Logger) { l.Warn("x") }, "", "[WARNING] x\n"},
		{"errors too", hclog.Info, func(l hclog.Logger) { l.Error("x") }, "", "[ERROR] x\n"},
		{"debug is off", hclog.Info, func(l hclog.Logger) { l.Debug("x") }, "", ""},
		{"debug", hclog.Debug, func(l hclog.Logger) { l.Debug("x"); l.Trace("y") }, "[DEBUG][1] x\n", ""},
		{"trace", hclog.Trace, func(l hclog.Logger) { l.Trace("y") }, "[DEBUG][2] y\n", ""},
		{"off", hclog.Off, func(l hclog.Logger) { l.Error("x") }, "", ""},
		{"one event, one line", hclog.Info, func(l hclog.Logger) { l.Info("a\n[ERROR] b\x1b") }, "[INFO] a\\n[ERROR] b\\x1b\n", ""},
		{"format", hclog.Info, func(l hclog.Logger) { l.Info("x", "n", hclog.Fmt("%03d", 7)) }, "[INFO] x n=007\n", ""},
		{"standard logger", hclog.Info, func(l hclog.Logger) { l.StandardLogger(nil).Print("x") }, "[INFO] x\n", ""},
		{"level is shared", hclog.Info, func(l hclog.Logger) {
			child := l.Named("a").Named("b")
			l.SetLevel(hclog.Debug)
			child.Debug(child.Name())
		}, "[DEBUG][1] [a.b] a.b\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out, errs bytes.Buffer
			l, _ := New(c.level, NewTerminal(&out, &errs))
			c.log(l)
			if out.String() != c.out || errs.String() != c.errs {
				t.Errorf("got %q and %q, want %q and %q", out.String(), errs.String(), c.out, c.errs)
			}
		})
	}
}

func TestSiblingsShareNoArguments(t *testing.T) {
	var out bytes.Buffer
	l, _ := New(hclog.Info, NewTerminal(&out, &out))
	parent := l.With("a", 1, "b", 2)
	one, two := parent.With("c", 3), parent.With("d", 4)
	one.Info("x")
	two.Info("y")
	if want := "[INFO] x a=1 b=2 c=3\n[INFO] y a=1 b=2 d=4\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func TestSwitch(t *testing.T) {
	var before, after bytes.Buffer
	l, to := New(hclog.Info, NewTerminal(&before, &before))
	child := l.With("resource", "shared")
	child.Info("x")
	to.To(NewTerminal(&after, &after))
	child.Info("y")
	if before.String() != "[INFO] [shared] x\n" || after.String() != "[INFO] [shared] y\n" {
		t.Errorf("got %q, then %q", before.String(), after.String())
	}
}
