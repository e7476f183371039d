package campaign

import (
	"strconv"
	"strings"
	"time"

	"hast/simulation"
	"hast/simulation/script"
)

// Record is a run written down, for those who want to see what happened.
type Record struct {
	Rows []Row
	// Strips say at the end of the run, for each component by the node's name, whose write each sector of
	// the device holds.
	Strips [2]Strip

	stage *script.Stage
	now   [2]Node
	known bool
}

// Row is one line of the trace.
type Row struct {
	Step  uint64        `json:"step"`
	At    time.Duration `json:"at"` // nanoseconds of the world's time
	Who   string        `json:"who"`
	What  string        `json:"what"`
	Class Class         `json:"class"`
	// Nodes are how both nodes stood after the step, a first; only where it differs from before.
	Nodes *[2]Node `json:"nodes,omitempty"`
}

// Node is how a node stands, as actors.Glance has it.
type Node struct {
	Runs      bool   `json:"runs"`
	Role      string `json:"role,omitempty"`
	Link      string `json:"link,omitempty"`
	Sync      string `json:"sync,omitempty"`
	Verdict   string `json:"verdict,omitempty"`
	Unfit     string `json:"unfit,omitempty"`
	LocalCnt  uint64 `json:"localcnt"`
	RemoteCnt uint64 `json:"remotecnt"`
	Dirty     uint64 `json:"dirty"`  // bytes
	ToSync    uint64 `json:"tosync"` // bytes
	InFlight  int    `json:"inflight"`
	Peer      int    `json:"peer"` // of those in flight, how many wait for the peer
	Disk      int    `json:"disk"` // operations that the disk holds
}

// Class says what kind of thing a row tells.
type Class string

// The classes.
const (
	ClassScript    Class = "script"    // a step of the script, a command of the operator
	ClassFault     Class = "fault"     // something breaks, or is whole again
	ClassLog       Class = "log"       // a line of a node's log
	ClassViolation Class = "violation" // the judge objects
	ClassPanic     Class = "panic"
	ClassMessage   Class = "message" // a turn of an actor, by the message that it got
	ClassDisk      Class = "disk"    // such a turn whose message is a disk's answer
	ClassNet       Class = "net"     // such a turn whose message comes from a connection
	ClassOther     Class = "other"
)

// Strip says of each sector of a component whose write it holds: its number, 0 for bytes that no client
// wrote, -1 for zeroes, -2 for what is torn or belongs elsewhere.
type Strip []int64

// Attach makes a run of the options be written down.
func (rec *Record) Attach(o *Options) {
	begun, line, step := o.Begun, o.Line, o.Step
	o.Begun = func(st *script.Stage) {
		rec.stage = st
		if begun != nil {
			begun(st)
		}
	}
	o.Line = func(s string) {
		rec.line(s)
		if line != nil {
			line(s)
		}
	}
	o.Step = func(w *simulation.World) bool {
		rec.look()
		return step == nil || step(w)
	}
	ended := o.Ended
	o.Ended = func(st *script.Stage) {
		rec.look()
		rec.Strips = [2]Strip{strip(st.Pair.Data(st.Pair.A)), strip(st.Pair.Data(st.Pair.B))}
		if ended != nil {
			ended(st)
		}
	}
}

// line takes one line of the trace.
func (rec *Record) line(s string) {
	at, rest, _ := strings.Cut(s, " ")
	who, what, _ := strings.Cut(rest, " ")
	ns, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		who, what = "", s
	}
	r := Row{At: time.Duration(ns), Who: who, What: what, Class: classify(who, what)}
	if rec.stage != nil {
		r.Step = rec.stage.Pair.World.Steps()
	}
	rec.Rows = append(rec.Rows, r)
}

// look notes how the nodes stand, if it differs from before.
func (rec *Record) look() {
	p := rec.stage.Pair
	now := [2]Node{node(p, p.A), node(p, p.B)}
	if (!rec.known || now != rec.now) && len(rec.Rows) > 0 {
		rec.now, rec.known = now, true
		rec.Rows[len(rec.Rows)-1].Nodes = &now
	}
}

func node(p *simulation.Pair, m *simulation.Machine) Node {
	g, ok := p.Glance(m)
	if !ok {
		return Node{}
	}
	n := Node{Runs: true, Role: string(g.Role), Link: string(g.Link), Sync: string(g.Sync), Unfit: g.Unfit.String(),
		LocalCnt: g.LocalCnt, RemoteCnt: g.RemoteCnt, Dirty: g.Dirty, ToSync: g.ToSync, InFlight: g.InFlight, Peer: g.Peer, Disk: g.Disk}
	if g.Verdict != 0 {
		n.Verdict = g.Verdict.String()
	}
	return n
}

// classify finds out what kind of thing a line tells.
func classify(who, what string) Class {
	first, _, _ := strings.Cut(what, " ")
	switch {
	case who == "test", first == "operator":
		return ClassScript
	case who == "VIOLATION":
		return ClassViolation
	case first == "log", first == "hook":
		return ClassLog
	case first == "panic", first == "planned":
		return ClassPanic
	case first == "DiskOp", first == "DiskOpened", first == "DiskClosed":
		return ClassDisk
	case first == "FramesIn", first == "ConnClosed", first == "Accepted", first == "Dialed", first == "Stranger":
		return ClassNet
	case strings.Contains(who, "/"):
		return ClassMessage
	}
	switch first {
	case "fault", "heal", "stuck", "gone", "kill", "power", "pause", "continue", "start", "cut", "reset", "lost", "restored", "create", "error":
		return ClassFault
	}
	return ClassOther
}

// strip decodes a component's data area.
func strip(data []byte) Strip {
	s := make(Strip, len(data)/simulation.SectorSize)
	for i := range s {
		gen, zero, ok := simulation.Stamp(data[i*simulation.SectorSize : (i+1)*simulation.SectorSize])
		switch {
		case !ok:
			s[i] = -2
		case zero:
			s[i] = -1
		default:
			s[i] = int64(gen)
		}
	}
	return s
}
