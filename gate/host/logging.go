package host

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/hashicorp/go-hclog"
)

// kind names a message's type, for the log; its content may be data.
func kind(message any) string { return fmt.Sprintf("%T", message) }

// logHandler brings what the actor library logs through slog to hclog. What the library calls
// information is about its own works, so it is debugging to us: actors that start, letters that found
// nobody (normal whenever something late arrives), recoveries, which our executor logs better.
type logHandler struct{ log hclog.Logger }

var _ slog.Handler = logHandler{}

func ourLevel(l slog.Level) hclog.Level {
	switch {
	case l >= slog.LevelError:
		return hclog.Error
	case l >= slog.LevelWarn:
		return hclog.Warn
	case l >= slog.LevelInfo:
		return hclog.Debug
	}
	return hclog.Trace
}

func (h logHandler) Enabled(_ context.Context, l slog.Level) bool {
	return ourLevel(l) >= h.log.GetLevel()
}

func (h logHandler) Handle(_ context.Context, r slog.Record) error {
	if r.Message == "[DeadLetter]" {
		return nil
	}
	args := make([]any, 0, 2*r.NumAttrs())
	r.Attrs(func(a slog.Attr) bool {
		args = append(args, a.Key, a.Value.Resolve().String())
		return true
	})
	h.log.Log(ourLevel(r.Level), r.Message, args...)
	return nil
}

func (h logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	args := make([]any, 0, 2*len(attrs))
	for _, a := range attrs {
		args = append(args, a.Key, a.Value.Resolve().String())
	}
	return logHandler{h.log.With(args...)}
}

func (h logHandler) WithGroup(name string) slog.Handler { return logHandler{h.log.Named(name)} }
