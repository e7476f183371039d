// Package hastlog writes hclog's lines the way HAST writes them, so that what people grep for stays
// where it was: "[LEVEL] [resource] (role) message" on a terminal, the same without the level in syslog.
package hastlog

import (
	"io"
	"log"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/hashicorp/go-hclog"
)

// Sink takes finished lines; it may be called by many goroutines at once.
type Sink interface {
	Line(level hclog.Level, text string)
}

// logger is a hclog.Logger over a sink. Loggers that descend from one share its level and its sink.
type logger struct {
	level *atomic.Int32
	sink  *atomic.Pointer[Sink]
	name  string
	args  []any
}

// New makes a logger of that level. The Switch changes where it and its descendants write to.
func New(level hclog.Level, sink Sink) (hclog.Logger, *Switch) {
	l := &logger{level: new(atomic.Int32), sink: new(atomic.Pointer[Sink])}
	l.level.Store(int32(level))
	l.sink.Store(&sink)
	return l, &Switch{l.sink}
}

// Switch changes a logger's sink while it is in use.
type Switch struct{ sink *atomic.Pointer[Sink] }

// To makes sink the place of all later lines.
func (s *Switch) To(sink Sink) { s.sink.Store(&sink) }

func (l *logger) on(level hclog.Level) bool {
	least := hclog.Level(l.level.Load())
	return least != hclog.Off && level >= least
}

// Log writes a line if its level is on. NoLevel counts as Info.
func (l *logger) Log(level hclog.Level, msg string, args ...any) {
	if level == hclog.NoLevel {
		level = hclog.Info
	}
	if !l.on(level) {
		return
	}
	if len(l.args) > 0 {
		args = append(slices.Clip(l.args), args...)
	}
	(*l.sink.Load()).Line(level, Format(l.name, msg, args))
}

func (l *logger) Trace(msg string, args ...any) { l.Log(hclog.Trace, msg, args...) }
func (l *logger) Debug(msg string, args ...any) { l.Log(hclog.Debug, msg, args...) }
func (l *logger) Info(msg string, args ...any)  { l.Log(hclog.Info, msg, args...) }
func (l *logger) Warn(msg string, args ...any)  { l.Log(hclog.Warn, msg, args...) }
func (l *logger) Error(msg string, args ...any) { l.Log(hclog.Error, msg, args...) }

func (l *logger) IsTrace() bool { return l.on(hclog.Trace) }
func (l *logger) IsDebug() bool { return l.on(hclog.Debug) }
func (l *logger) IsInfo() bool  { return l.on(hclog.Info) }
func (l *logger) IsWarn() bool  { return l.on(hclog.Warn) }
func (l *logger) IsError() bool { return l.on(hclog.Error) }

func (l *logger) ImpliedArgs() []any { return l.args }

// With gives a logger that adds args to each of its lines.
func (l *logger) With(args ...any) hclog.Logger {
	child := *l
	child.args = append(slices.Clip(l.args), args...)
	return &child
}

// Name is what a line begins with, in brackets: who logs for a resource is named for it.
func (l *logger) Name() string { return l.name }

func (l *logger) Named(name string) hclog.Logger {
	if l.name != "" {
		name = l.name + "." + name
	}
	return l.ResetNamed(name)
}

func (l *logger) ResetNamed(name string) hclog.Logger {
	child := *l
	child.name = name
	return &child
}

func (l *logger) SetLevel(level hclog.Level) { l.level.Store(int32(level)) }
func (l *logger) GetLevel() hclog.Level      { return hclog.Level(l.level.Load()) }

func (l *logger) StandardLogger(o *hclog.StandardLoggerOptions) *log.Logger {
	return log.New(l.StandardWriter(o), "", 0)
}

func (l *logger) StandardWriter(o *hclog.StandardLoggerOptions) io.Writer {
	level := hclog.Info
	if o != nil && o.ForceLevel != hclog.NoLevel {
		level = o.ForceLevel
	}
	return lineWriter{l, level}
}

// lineWriter makes a line of each write.
type lineWriter struct {
	to    *logger
	level hclog.Level
}

func (w lineWriter) Write(p []byte) (int, error) {
	w.to.Log(w.level, strings.TrimRight(string(p), "\n"))
	return len(p), nil
}
