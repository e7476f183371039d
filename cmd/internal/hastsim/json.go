package hastsim

import (
	"encoding/json"
	"io"

	"hast/simulation/campaign"
)

// traceEnd is what every trace ends with.
type traceEnd struct {
	Verdict   string   `json:"verdict"`
	Invariant string   `json:"invariant,omitempty"`
	Step      uint64   `json:"step,omitempty"`
	Text      string   `json:"text,omitempty"`
	All       []string `json:"all,omitempty"`
	History   []string `json:"history,omitempty"`
	Steps     uint64   `json:"steps"`
	Elapsed   int64    `json:"elapsed"` // nanoseconds of the world's time
	Answered  int      `json:"answered"`
	Errors    int      `json:"errors"`
	Hash      uint64   `json:"hash"`
}

func headOf(r *campaign.Result) traceHead {
	return traceHead{Format: traceFormat, Version: version(), Seed: r.Seed, Profile: r.Profile, Script: string(r.Script.Format())}
}

func endOf(r *campaign.Result) traceEnd {
	e := traceEnd{Verdict: r.Verdict.String(), Invariant: r.Invariant, Text: r.Text, All: r.All, History: r.History,
		Steps: r.Steps, Elapsed: int64(r.Elapsed), Answered: r.Answered, Errors: r.Errors, Hash: r.Hash}
	if r.Failed() {
		e.Step = r.Step
	}
	return e
}

// writeJSON writes a trace: its head, its rows and its end, a line each.
func writeJSON(w io.Writer, r *campaign.Result, rec *campaign.Record) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(headOf(r)); err != nil {
		return err
	}
	for i := range rec.Rows {
		if err := enc.Encode(&rec.Rows[i]); err != nil {
			return err
		}
	}
	return enc.Encode(endOf(r))
}
