package hastsim

import (
	"encoding/json"
	"io"
	"strings"

	"hast/simulation/campaign"
)

// mark is one event of Chrome's trace format (the JSON array form with an object around it), which the
// trace viewers of browsers read. Times are microseconds.
type mark struct {
	Name  string         `json:"name"`
	Phase string         `json:"ph"`
	Time  float64        `json:"ts"`
	Pid   int            `json:"pid"`
	Tid   int            `json:"tid"`
	Scope string         `json:"s,omitempty"`
	Cat   string         `json:"cat,omitempty"`
	Args  map[string]any `json:"args,omitempty"`
}

// lanes numbers processes (the nodes and the world) and threads (actors), and names them.
type lanes struct {
	marks []mark
	tids  map[string]int
}

// pids are the process of each machine's lanes; what is neither's is the world's.
var pids = map[string]int{"a": 1, "b": 2}

const worldPid = 3

func (l *lanes) of(who string) (pid, tid int) {
	pid = worldPid
	if who != "" {
		boot, _, _ := strings.Cut(who, "/")
		if p, ok := pids[strings.TrimRight(boot, "0123456789")]; ok {
			pid = p
		}
	}
	lane := who[strings.LastIndexByte(who, '/')+1:]
	if at := strings.LastIndexByte(lane, '-'); at > 0 {
		lane = lane[:at] // all lives of an actor share a lane
	}
	key := string(rune('0'+pid)) + lane
	tid, ok := l.tids[key]
	if !ok {
		tid = len(l.tids) + 1
		l.tids[key] = tid
		l.marks = append(l.marks, mark{Name: "thread_name", Phase: "M", Pid: pid, Tid: tid, Args: map[string]any{"name": lane}})
	}
	return pid, tid
}

// writePerfetto writes a trace for the viewers of browsers: a process per node and one for the world, a lane
// per actor, and how the nodes stand as spans and counters.
func writePerfetto(w io.Writer, r *campaign.Result, rec *campaign.Record) error {
	l := &lanes{tids: make(map[string]int)}
	for pid, name := range []string{1: "node a", 2: "node b", 3: "world"} {
		if pid > 0 {
			l.marks = append(l.marks, mark{Name: "process_name", Phase: "M", Pid: pid, Args: map[string]any{"name": name}})
		}
	}
	var now [2]campaign.Node
	for i := range rec.Rows {
		row := &rec.Rows[i]
		us := float64(row.At) / 1000
		pid, tid := l.of(row.Who)
		l.marks = append(l.marks, mark{Name: what(row), Phase: "i", Time: us, Pid: pid, Tid: tid, Scope: "t", Cat: string(row.Class),
			Args: map[string]any{"step": row.Step}})
		if row.Nodes != nil {
			l.nodes(us, &now, row.Nodes)
			now = *row.Nodes
		}
	}
	l.nodes(float64(r.Elapsed)/1000, &now, &[2]campaign.Node{})
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(map[string]any{"traceEvents": l.marks, "displayTimeUnit": "ms", "metadata": headOf(r)})
}

// nodes ends and begins the spans of what differs between two moments, and counts.
func (l *lanes) nodes(us float64, from, to *[2]campaign.Node) {
	for i := range to {
		pid := i + 1
		for tid, lane := range []struct{ name, from, to string }{
			{"role", from[i].Role, to[i].Role}, {"link", from[i].Link, to[i].Link}, {"sync", from[i].Sync, to[i].Sync},
		} {
			if lane.from == lane.to {
				continue
			}
			if lane.from != "" {
				l.marks = append(l.marks, mark{Name: lane.from, Phase: "E", Time: us, Pid: pid, Tid: 1000 + tid})
			}
			if key := string(rune('0'+pid)) + "• " + lane.name; l.tids[key] == 0 {
				l.tids[key] = 1000 + tid
				l.marks = append(l.marks, mark{Name: "thread_name", Phase: "M", Pid: pid, Tid: 1000 + tid, Args: map[string]any{"name": "• " + lane.name}})
			}
			if lane.to != "" {
				l.marks = append(l.marks, mark{Name: lane.to, Phase: "B", Time: us, Pid: pid, Tid: 1000 + tid})
			}
		}
		if from[i].InFlight != to[i].InFlight || from[i].Dirty != to[i].Dirty {
			l.marks = append(l.marks, mark{Name: "requests in flight", Phase: "C", Time: us, Pid: pid, Args: map[string]any{"requests": to[i].InFlight}},
				mark{Name: "dirty", Phase: "C", Time: us, Pid: pid, Args: map[string]any{"bytes": to[i].Dirty}})
		}
	}
}
