package simulation

import (
	"math"
	"slices"
)

// History is what the clients of a device asked and were told, for those who want a second opinion: whether there is,
// for each sector and reign, one order of its writes and reads in which each read returns the newest write. Zeroes and
// trims, which are many writes' value, are left out, with the reads of them; that makes no illegal history of a legal
// one.
type History struct {
	over []Past
	now  []Past // by sector
	open []map[uint64]int
}

// Past is a sector's history in one reign: between two moments at which acknowledged writes may have been lost, as the
// mode and the faults allow.
type Past struct {
	Sector int64 `json:"sector"`
	// Initial are the values of which the sector had one when the reign began; 0 is what no client wrote.
	Initial []uint64 `json:"initial"`
	Ops     []PastOp `json:"ops"`
}

// PastOp is one write or read of a sector.
type PastOp struct {
	Read bool `json:"read,omitempty"`
	// Value is what it wrote or returned: the number of a write, each of which has its own.
	Value uint64 `json:"value"`
	// Call and Return are the judge's ticks of its beginning and its end; Open if nobody knows of an end.
	Call   uint64 `json:"call"`
	Return uint64 `json:"return"`
	// Maybe: it is a write that failed, or had no answer. It took effect between Call and Return, or never will.
	Maybe bool `json:"maybe,omitempty"`
}

// Open is the Return of what has no end.
const Open = math.MaxInt64

// KeepHistory has the judge write down what it hears from now on.
func (j *Judge) KeepHistory() *History {
	n := len(j.sectors)
	h := &History{now: make([]Past, n), open: make([]map[uint64]int, n)}
	for s := range h.now {
		h.now[s] = Past{Sector: int64(s), Initial: []uint64{0}}
	}
	j.history = h
	return h
}

// Pasts are the histories of all sectors and reigns, in the order of the reigns' ends.
func (h *History) Pasts() []Past {
	list := slices.Clone(h.over)
	for _, p := range h.now {
		if len(p.Ops) > 0 {
			list = append(list, p)
		}
	}
	return list
}

func (h *History) wrote(s int64, gen, inv uint64) {
	if h.open[s] == nil {
		h.open[s] = make(map[uint64]int)
	}
	h.open[s][gen] = len(h.now[s].Ops)
	h.now[s].Ops = append(h.now[s].Ops, PastOp{Value: gen, Call: inv, Return: Open, Maybe: true})
}

func (h *History) ended(s int64, gen, at uint64, ok bool) {
	if i, have := h.open[s][gen]; have {
		h.now[s].Ops[i].Return, h.now[s].Ops[i].Maybe = at, !ok
	}
}

func (h *History) read(s int64, gen, inv, at uint64) {
	h.now[s].Ops = append(h.now[s].Ops, PastOp{Read: true, Value: gen, Call: inv, Return: at})
}

// reign ends a reign. What was invoked after a tick is part of the next one.
func (h *History) reign(s int64, old []uint64, after uint64) {
	past, next := &h.now[s], Past{Sector: s, Initial: slices.Clone(old)}
	if len(next.Initial) == 0 {
		next.Initial = []uint64{0}
	}
	open := make(map[uint64]int)
	for _, op := range past.Ops {
		if op.Call > after {
			if !op.Read {
				open[op.Value] = len(next.Ops)
			}
			next.Ops = append(next.Ops, op)
		}
	}
	if len(past.Ops) > 0 {
		h.over = append(h.over, *past)
	}
	*past, h.open[s] = next, open
}
