package hastsim

import (
	"fmt"
	"io"
	"strings"
	"time"

	"hast/simulation/campaign"
)

// writeTrace shows a run to people: what happened on the left, how both nodes stood after it on the right.
// Without all, messages are left out, but a row is shown wherever a node's role, link, synchronization,
// verdict or counters change.
func writeTrace(w io.Writer, rec *campaign.Record, all bool) {
	const layout = "%8s %14s  %-60s | %-38s | %s\n"
	fmt.Fprintf(w, layout, "step", "time", "what", "a: "+columns, "b: "+columns)
	var now, shown [2]campaign.Node
	for i := range rec.Rows {
		r := &rec.Rows[i]
		if r.Nodes != nil {
			now = *r.Nodes
		}
		if !all && !telling(r) && gist(&now) == gist(&shown) {
			continue
		}
		a, b := "", ""
		if now != shown {
			a, b = column(&now[0]), column(&now[1])
		}
		shown = now
		lines := wrap(strings.TrimSpace(r.Who+" "+what(r)), 60)
		fmt.Fprintf(w, layout, fmt.Sprint(r.Step), clock(r.At), lines[0], a, b)
		for _, l := range lines[1:] {
			fmt.Fprintf(w, layout, "", "", l, "", "")
		}
	}
}

// columns are the words over a node's column.
const columns = "role link sync L/R dirty flight"

// telling reports whether a row is worth showing by itself.
func telling(r *campaign.Row) bool {
	switch r.Class {
	case campaign.ClassMessage, campaign.ClassDisk, campaign.ClassNet, campaign.ClassOther:
		return false
	}
	return true
}

// gist is what of the two nodes is worth a row when it changes.
func gist(n *[2]campaign.Node) [2]campaign.Node {
	g := *n
	for i := range g {
		g[i].Dirty, g[i].ToSync, g[i].InFlight, g[i].Peer, g[i].Disk = 0, 0, 0, 0, 0
	}
	return g
}

// what is a row's text; a log line's own time is that of the row.
func what(r *campaign.Row) string {
	if line, ok := strings.CutPrefix(r.What, "log "); ok {
		if _, text, ok := strings.Cut(line, " "); ok {
			return strings.TrimSpace(text)
		}
	}
	return r.What
}

// column is how a node stands.
func column(n *campaign.Node) string {
	if !n.Runs {
		return "down"
	}
	dash := func(s string) string {
		if s == "" {
			return "-"
		}
		return s
	}
	s := fmt.Sprintf("%s %s %s %d/%d %s %d", dash(n.Role), dash(n.Link), dash(n.Sync), n.LocalCnt, n.RemoteCnt, bytesText(n.Dirty), n.InFlight)
	if n.Unfit != "" && n.Unfit != "fit" {
		s += " " + n.Unfit
	}
	return s
}

// bytesText is a number of bytes in a few letters.
func bytesText(n uint64) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%dM", n>>20)
	case n >= 1<<10:
		return fmt.Sprintf("%dk", n>>10)
	}
	return fmt.Sprint(n)
}

// clock is a time of the world with microseconds.
func clock(d time.Duration) string {
	us := d.Microseconds()
	return fmt.Sprintf("%d:%02d.%06d", us/60_000_000, us/1_000_000%60, us%1_000_000)
}

// wrap cuts a text into lines of at most width bytes, which is more than the indent of all but the first. A
// word that is longer than a line is cut.
func wrap(s string, width int) []string {
	const indent = "    "
	var lines []string
	for begin := 0; len(s) > width; begin = len(indent) {
		at := width
		if blank := strings.LastIndexByte(s[begin:width], ' '); blank > 0 {
			at = begin + blank
		}
		lines = append(lines, s[:at])
		s = indent + strings.TrimSpace(s[at:])
	}
	return append(lines, s)
}

// writeLog shows the nodes' logs.
func writeLog(w io.Writer, rec *campaign.Record) {
	for i := range rec.Rows {
		if r := &rec.Rows[i]; r.Class == campaign.ClassLog {
			fmt.Fprintf(w, "%8d %14s  %s\n", r.Step, clock(r.At), what(r))
		}
	}
}
