package report

import (
	"fmt"
	"io"
	"text/tabwriter"

	"hast/actors"
	"hast/states"
)

// Explained is what explain tells of a resource. The JSON names are hastctl's.
type Explained struct {
	Name string `json:"name"`
	// Daemon: hastd was asked; without it only the component tells, and nothing is known of the peer.
	Daemon bool   `json:"daemon"`
	Role   string `json:"role"`
	Status string `json:"status,omitempty"`
	State  string `json:"state,omitempty"`
	Since  string `json:"since,omitempty"`
	Reason string `json:"reason,omitempty"`
	// Error says why there is no copy of this node's to explain.
	Error string `json:"error,omitempty"`

	Own  *actors.CopyStatus `json:"own,omitempty"`
	Peer *actors.CopyStatus `json:"peer,omitempty"`

	Verdict   string     `json:"verdict,omitempty"`
	Says      string     `json:"says,omitempty"`
	Copies    []Transfer `json:"copies"`
	Unsourced uint64     `json:"unsourced"` // bytes in extents without a current copy
	Lost      []string   `json:"lost"`
	Remedy    string     `json:"remedy,omitempty"` // the one act that helps
}

// Transfer is something that is to be copied.
type Transfer struct {
	From  string `json:"from"`  // this node, the peer
	Bytes uint64 `json:"bytes"` // in extents; the most that it may be, unless exact
	Exact bool   `json:"exact"`
	Row   string `json:"row"` // of the table by which the source is chosen
	Why   string `json:"why"`
}

// Explain fills in what follows from a situation.
func (x *Explained) Explain(s states.Situation) {
	e := states.Explain(s)
	x.Verdict, x.Says, x.Unsourced, x.Remedy = e.Verdict.String(), e.Says, e.Unsourced, e.Act
	x.Lost, x.Copies = append([]string{}, e.Lost...), []Transfer{}
	for _, t := range e.Copies {
		from := "this node"
		if t.FromPeer {
			from = "the peer"
		}
		x.Copies = append(x.Copies, Transfer{from, t.Bytes, t.Exact, t.Row.String(), t.Row.Words()})
	}
}

// Explanation writes it for people.
func Explanation(w io.Writer, x *Explained) {
	fmt.Fprintf(w, "%s: %s", x.Name, x.Role)
	if x.Status != "" {
		fmt.Fprintf(w, ", %s", x.Status)
	}
	if x.State != "" && x.State != x.Role {
		fmt.Fprintf(w, ", %s", x.State)
	}
	if x.Since != "" {
		fmt.Fprintf(w, ", since %s", x.Since)
	}
	if !x.Daemon {
		fmt.Fprint(w, " (no hastd answers: this is what the component says)")
	}
	fmt.Fprintln(w)
	if x.Reason != "" {
		fmt.Fprintf(w, "  waits: %s\n", x.Reason)
	}
	if x.Error != "" {
		fmt.Fprintf(w, "  error: %s\n", x.Error)
		return
	}
	copies(w, x.Own, x.Peer)
	fmt.Fprintf(w, "  verdict: %s: %s\n", x.Verdict, x.Says)
	for _, t := range x.Copies {
		most := ", at most"
		if t.Exact {
			most = ""
		}
		fmt.Fprintf(w, "  copied from %s: %s%s (%s: %s)\n", t.From, bytesOf(t.Bytes), most, t.Row, t.Why)
	}
	if len(x.Copies) == 0 {
		fmt.Fprintln(w, "  copied: nothing")
	}
	for _, l := range x.Lost {
		fmt.Fprintf(w, "  lost: %s\n", l)
	}
	fmt.Fprintf(w, "  act: %s\n", x.Remedy)
}

func bytesOf(n uint64) string { return fmt.Sprintf("%d bytes (%s)", n, Human(n)) }

// copies writes both sides' counters and marks beside each other.
func copies(w io.Writer, own, peer *actors.CopyStatus) {
	tab := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	head := "the peer"
	if peer != nil {
		head = fmt.Sprintf("the peer (as %s, %s)", peer.Role, peer.Heard)
	}
	fmt.Fprintf(tab, "  \tthis node\t%s\n", head)
	line := func(name string, of func(c *actors.CopyStatus) string) {
		fmt.Fprintf(tab, "  %s\t%s\t%s\n", name, cell(own, of), cell(peer, of))
	}
	marked := func(of func(c *actors.CopyStatus) string) func(c *actors.CopyStatus) string {
		return func(c *actors.CopyStatus) string {
			if !c.Marks {
				return "not kept"
			}
			return of(c)
		}
	}
	line("resuid", func(c *actors.CopyStatus) string { return fmt.Sprintf("%x", c.ResUID) })
	line("localcnt", func(c *actors.CopyStatus) string { return fmt.Sprint(c.LocalCnt) })
	line("remotecnt", func(c *actors.CopyStatus) string { return fmt.Sprint(c.RemoteCnt) })
	line("last session", marked(func(c *actors.CopyStatus) string { return session(c.LastSession) }))
	line("tried session", marked(func(c *actors.CopyStatus) string { return session(c.TrySession) }))
	line("fitness", marked(func(c *actors.CopyStatus) string { return c.Fitness }))
	line("unclean", marked(func(c *actors.CopyStatus) string { return fmt.Sprint(c.Unclean) }))
	line("went on alone as it was", marked(func(c *actors.CopyStatus) string { return yes(c.Branch) }))
	line("primary when last in sync", marked(func(c *actors.CopyStatus) string { return yes(c.WasPrimary) }))
	line("answered what was only sent", marked(func(c *actors.CopyStatus) string { return yes(c.Sent) }))
	line("dirty", marked(func(c *actors.CopyStatus) string { return bytesOf(c.Dirty) }))
	line("bad", marked(func(c *actors.CopyStatus) string { return bytesOf(c.Bad) }))
	fmt.Fprintf(tab, "  lacks of what was answered\t%s\t%s\n", cell(own, lag), "unknown")
	_ = tab.Flush() // what it writes to reports its errors itself
	unclean(w, "this node", own)
	unclean(w, "the peer", peer)
}

func cell(c *actors.CopyStatus, of func(c *actors.CopyStatus) string) string {
	if c == nil {
		return "unknown"
	}
	return of(c)
}

func lag(c *actors.CopyStatus) string {
	if !c.LagKnown {
		return "unknown"
	}
	return bytesOf(c.Lag)
}

func session(n uint64) string {
	if n == 0 {
		return "none"
	}
	return fmt.Sprintf("%x", n)
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// unclean says what the bits of an end that wasn't clean mean.
func unclean(w io.Writer, who string, c *actors.CopyStatus) {
	if c != nil && c.Unclean != 0 {
		fmt.Fprintf(w, "  unclean, %s: %s\n", who, c.UncleanText)
	}
}

// ExplainJSON writes an array with an object for each resource.
func ExplainJSON(w io.Writer, all []*Explained) error {
	if all == nil {
		all = []*Explained{}
	}
	return write(w, all)
}
