package hastlog

import (
	"io"
	"log/syslog"
	"sync"

	"github.com/hashicorp/go-hclog"
)

// Terminal writes lines with their level: warnings and worse to errs, the others to out, as HAST does.
type Terminal struct {
	mu        sync.Mutex
	out, errs io.Writer
}

// NewTerminal makes a Terminal over two streams.
func NewTerminal(out, errs io.Writer) *Terminal { return &Terminal{out: out, errs: errs} }

// Line writes a line. A stream that takes nothing any more is no reason to stop serving.
func (t *Terminal) Line(level hclog.Level, text string) {
	to := t.out
	if level >= hclog.Warn {
		to = t.errs
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	_, _ = io.WriteString(to, words[level]+text+"\n")
}

// Syslog writes to the system's log, facility daemon.
type Syslog struct{ to *syslog.Writer }

// NewSyslog connects to the system's log; tag is the program's name.
func NewSyslog(tag string) (*Syslog, error) {
	w, err := syslog.New(syslog.LOG_DAEMON|syslog.LOG_INFO, tag)
	if err != nil {
		return nil, err
	}
	return &Syslog{w}, nil
}

// Line writes a line at syslog's level. See Terminal.Line for what a failure means.
func (s *Syslog) Line(level hclog.Level, text string) {
	switch {
	case level >= hclog.Error:
		_ = s.to.Err(text)
	case level >= hclog.Warn:
		_ = s.to.Warning(text)
	case level >= hclog.Info:
		_ = s.to.Info(text)
	default:
		_ = s.to.Debug(text)
	}
}
