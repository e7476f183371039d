package hastsim

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"hast/simulation/campaign"
	"hast/simulation/script"
)

// shortRun plays a few steps of a pair, with a death and a fault, and writes them down.
func shortRun(t *testing.T) (*campaign.Result, *campaign.Record) {
	t.Helper()
	s, err := script.Parse("short.sim", []byte("seed 1\nmode memsync\nsectors 64\nextent 8\n\nserve a\nwrite a 0 1s g1\nreset\nkill b\nstart b\nrole b secondary\nawait a complete\naudit\n"))
	if err != nil {
		t.Fatal(err)
	}
	rec := &campaign.Record{}
	o := campaign.Options{}
	rec.Attach(&o)
	r := campaign.Play(s, o)
	if r.Failed() {
		t.Fatal(r.Line())
	}
	return r, rec
}

// The page draws itself to its last line, in a browser that can be asked for what came of it.
func TestPageInABrowser(t *testing.T) {
	browser, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not installed")
	}
	r, rec := shortRun(t)
	var b bytes.Buffer
	if err := writeHTML(&b, r, rec); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(browser, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", "file://"+path).Output()
	if err != nil {
		t.Fatal(err)
	}
	if m := regexp.MustCompile(`data-drawn="([0-9]+) lanes, ([0-9]+) rows"`).FindSubmatch(out); m == nil || string(m[1]) != "6" || string(m[2]) == "0" {
		t.Errorf("the page didn't draw: %q", m)
	}
}

// event is one of Chrome's trace format: https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
type event struct {
	Name string         `json:"name"`
	Ph   string         `json:"ph"`
	Ts   *float64       `json:"ts"`
	Pid  *int           `json:"pid"`
	Tid  *int           `json:"tid"`
	S    string         `json:"s"`
	Args map[string]any `json:"args"`
}

// What --perfetto writes is what the format demands: each event with a phase, and what its phase needs; processes and
// threads are named once and before they are used by anybody; times are microseconds within the run.
func TestPerfettoFormat(t *testing.T) {
	r, rec := shortRun(t)
	var b bytes.Buffer
	if err := writePerfetto(&b, r, rec); err != nil {
		t.Fatal(err)
	}
	var list []event
	if err := json.Unmarshal(b.Bytes(), &list); err != nil {
		var object struct {
			TraceEvents []event `json:"traceEvents"`
		}
		if err := json.Unmarshal(b.Bytes(), &object); err != nil {
			t.Fatal(err)
		}
		list = object.TraceEvents
	}
	type lane struct{ pid, tid int }
	processes, threads := map[int]bool{}, map[lane]bool{}
	open := map[lane][]string{} // spans that have begun, innermost last
	phases := map[string]int{}
	end := float64(r.Elapsed.Microseconds()) + 1
	for i, e := range list {
		phases[e.Ph]++
		if e.Name == "" || e.Pid == nil || e.Ph != "M" && (e.Ts == nil || *e.Ts < 0 || *e.Ts > end) {
			t.Fatalf("event %d lacks a name, a process or a time within the run: %+v", i, e)
		}
		name, _ := e.Args["name"].(string)
		switch e.Ph {
		case "M":
			if name == "" {
				t.Errorf("event %d names nothing: %+v", i, e)
			}
			switch e.Name {
			case "process_name":
				if processes[*e.Pid] {
					t.Errorf("process %d is named twice", *e.Pid)
				}
				processes[*e.Pid] = true
			case "thread_name":
				if e.Tid == nil || threads[lane{*e.Pid, *e.Tid}] {
					t.Fatalf("event %d names no thread, or one twice: %+v", i, e)
				}
				threads[lane{*e.Pid, *e.Tid}] = true
			}
		case "B":
			l := lane{*e.Pid, *e.Tid}
			open[l] = append(open[l], e.Name)
		case "E":
			l := lane{*e.Pid, *e.Tid}
			n := len(open[l]) - 1
			if n < 0 || open[l][n] != e.Name {
				t.Fatalf("event %d ends %q, and open are %q", i, e.Name, open[l])
			}
			open[l] = open[l][:n]
		case "i", "I":
			if e.S != "" && e.S != "t" && e.S != "p" && e.S != "g" {
				t.Errorf("event %d has scope %q", i, e.S)
			}
		case "C":
			if len(e.Args) == 0 {
				t.Errorf("counter %d has no value", i)
			}
			for k, v := range e.Args {
				if _, ok := v.(float64); !ok {
					t.Errorf("counter %d: %s is %v", i, k, v)
				}
			}
		default:
			t.Errorf("event %d has phase %q", i, e.Ph)
		}
	}
	for l, names := range open {
		if len(names) > 0 {
			t.Errorf("spans of %v never end: %q", l, names)
		}
	}
	for i, e := range list {
		if e.Tid != nil && e.Ph != "C" && e.Name != "process_name" && !threads[lane{*e.Pid, *e.Tid}] || !processes[*e.Pid] {
			t.Errorf("event %d is of a process or thread without a name: %+v", i, e)
			break
		}
	}
	if phases["M"] == 0 || phases["B"] == 0 || phases["i"] == 0 || phases["C"] == 0 {
		t.Errorf("phases %v", phases)
	}
}
