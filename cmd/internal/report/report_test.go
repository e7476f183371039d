package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hast/states"
	"hast/wire"
)

func TestHuman(t *testing.T) {
	for _, c := range []struct {
		n    uint64
		want string
	}{
		{0, "0B"}, {1, "1B"}, {512, "512B"}, {999, "999B"},
		{1000, "1.0KB"}, {1023, "1.0KB"}, {1024, "1.0KB"}, {1536, "1.5KB"},
		{4096, "4.0KB"}, {64 << 10, "64KB"}, {10138, "9.9KB"}, {10240, "10KB"},
		{999 << 10, "999KB"}, {1000 << 10, "1.0MB"}, {999<<10 + 512, "1.0MB"},
		{2 << 20, "2.0MB"}, {1 << 30, "1.0GB"}, {1073737216, "1.0GB"}, {3 << 40, "3.0TB"},
		{1<<64 - 1, "16EB"},
	} {
		if got := Human(c.n); got != c.want {
			t.Errorf("%d: got %s, want %s", c.n, got, c.want)
		}
	}
}

// outputs reads the recorded outputs of FreeBSD's hastctl: for each exchange its arguments and its text.
func outputs(t *testing.T) map[string][2]string {
	t.Helper()
	raw, err := os.ReadFile("testdata/hastctl-output.txt")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][2]string{}
	for _, part := range strings.Split(string(raw), "== ")[1:] {
		head, body, _ := strings.Cut(part, "\n")
		name, rest, _ := strings.Cut(head, ": hastctl ")
		args, _, _ := strings.Cut(rest, "  (exit")
		// An empty line divides the exchanges.
		all[name] = [2]string{args, strings.TrimSuffix(body, "\n")}
	}
	return all
}

func recorded(t *testing.T, name string) *wire.ControlReply {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name+".rep.bin"))
	if err != nil {
		t.Fatal(err)
	}
	frame, err := wire.NewDecoder(wire.Limits{}).ReadFrame(bufio.NewReader(bytes.NewReader(raw)))
	if err != nil {
		t.Fatal(err)
	}
	rep, err := wire.DecodeControlReply(frame.NV)
	if err != nil {
		t.Fatal(err)
	}
	return &rep
}

func TestRecordedOutput(t *testing.T) {
	all := outputs(t)
	if len(all) != 10 {
		t.Fatalf("%d recorded outputs, want 10", len(all))
	}
	for name, o := range all {
		var got bytes.Buffer
		switch verb, _, _ := strings.Cut(o[0], " "); verb {
		case "status":
			Status(&got, recorded(t, name))
		case "list":
			List(&got, recorded(t, name))
		case "role":
			continue // It prints nothing.
		}
		want := strings.TrimRight(o[1], "\n") + "\n"
		if got.String() != want {
			t.Errorf("%s (%s): got\n%swant\n%s", name, o[0], got.String(), want)
		}
	}
}

func TestStatusError(t *testing.T) {
	var got bytes.Buffer
	Status(&got, &wire.ControlReply{Resources: []wire.ControlResource{{Name: "x", Error: 1}}})
	if want := "Name\tStatus\t Role\t\tComponents\nx\tERR1\n"; got.String() != want {
		t.Errorf("got %q, want %q", got.String(), want)
	}
}

func TestDump(t *testing.T) {
	// The worked example of hast-protocol §5.4.
	r := states.Record{
		Resource: "shared", DataSize: 1073737216, ExtentSize: 2 << 20, KeepDirty: 64, LocalOff: 4608,
		ResUID: 7, LocalCnt: 1, PrevRole: states.RoleInit,
	}
	var got bytes.Buffer
	Dump(&got, &r)
	want := `resource: shared
    datasize: 1073737216 (1.0GB)
    extentsize: 2097152 (2.0MB)
    keepdirty: 64
    localoff: 4608
    resuid: 7
    localcnt: 1
    remotecnt: 0
    prevrole: init
`
	if got.String() != want {
		t.Errorf("got\n%swant\n%s", got.String(), want)
	}
}

func TestJSON(t *testing.T) {
	var got bytes.Buffer
	rep := recorded(t, "ctl1")
	rep.Resources = append(rep.Resources,
		wire.ControlResource{Name: "ours", JSON: `{"name":"ours","device":"nbd+unix:///ours"}`},
		wire.ControlResource{Name: "bad", Error: 2, ErrMsg: "because"})
	if err := JSON(&got, rep); err != nil {
		t.Fatal(err)
	}
	var back []map[string]any
	if err := json.Unmarshal(got.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	if len(back) != 3 || back[0]["role"] != "primary" || back[1]["device"] != "nbd+unix:///ours" ||
		back[2]["error"] != 2.0 || back[2]["reason"] != "because" {
		t.Errorf("got %s", got.String())
	}
	rep.Resources = []wire.ControlResource{{Name: "x", JSON: "{"}}
	if err := JSON(&got, rep); err == nil {
		t.Error("what is no JSON is passed on")
	}
}
