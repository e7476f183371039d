package wire

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"hast/states"
)

func worker() *WorkerStatus {
	w := &WorkerStatus{Status: "complete", Dirty: 1, ExtentSize: 2, KeepDirty: 3}
	for i, c := range counters {
		*c.of(w) = uint64(10 + i)
	}
	return w
}

func TestControlRoundTrip(t *testing.T) {
	for _, want := range []ControlRequest{
		{Cmd: ControlStatus, Resources: []string{ControlAll}},
		{Cmd: ControlStatus},
		{Cmd: ControlSetRole, Role: states.RolePrimary, Resources: []string{"a", "b", "c"}, Force: true},
		{Cmd: 9, Resources: []string{"x"}},
	} {
		got, err := DecodeControlRequest(AppendControlRequest(nil, &want))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%+v came back as %+v, %v", want, got, err)
		}
	}
	for _, want := range []ControlReply{
		{},
		{Error: ControlUnimplemented},
		{Error: ControlInvalid, ErrMsg: "Role secondary is not possible now."},
		{Resources: []ControlResource{{Name: "a", Role: "init"}}},
		{Resources: []ControlResource{
			{Name: "nosuch", Error: ControlNoEntry, ErrMsg: "No such resource."},
			{Name: "b", Role: "primary", JSON: `{"x":1}`, Status: &ResourceStatus{
				Provider: "prov", LocalPath: "/dev/x", RemoteAddr: "tcp4://h", SourceAddr: "s", Replication: "memsync",
				Checksum: "none", Compression: "hole", WorkerPID: -7, Worker: worker()}},
			{Name: "c", Role: "init", Status: &ResourceStatus{Provider: "p"}},
		}},
	} {
		got, err := DecodeControlReply(AppendControlReply(nil, &want))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%+v came back as %+v, %v", want, got, err)
		}
	}
}

// TestControlRepliesAreNeverEmpty: hastctl aborts on an empty message.
func TestControlRepliesAreNeverEmpty(t *testing.T) {
	b := AppendControlReply(nil, &ControlReply{})
	if v, ok := NV(b).I16(fieldError); !ok || v != 0 {
		t.Errorf("the reply without resources is %s", describeFields(b))
	}
}

// TestControlRequestOfSNMP has the order in which bsnmpd's module sends the fields.
func TestControlRequestOfSNMP(t *testing.T) {
	b := AppendStr(nil, "resource0", "disk0")
	b = AppendU8(b, fieldCmd, 1)
	b = AppendU8(b, fieldRole, 3)
	got, err := DecodeControlRequest(b)
	if err != nil || got.Cmd != ControlSetRole || got.Role != states.RoleSecondary || len(got.Resources) != 1 || got.Force {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestControlIndexes(t *testing.T) {
	b := AppendU8(nil, fieldCmd, 2)
	b = AppendStr(b, "resource1", "b")
	b = AppendStr(b, "resource0", "a")
	b = AppendStr(b, "resource0", "again")
	b = AppendStr(b, "resource00", "no index of ours")
	b = AppendStr(b, "resource3", "behind a gap")
	b = AppendStr(b, "resource99999999", "too far")
	got, err := DecodeControlRequest(b)
	if want := []string{"a", "b"}; err != nil || !reflect.DeepEqual(got.Resources, want) {
		t.Errorf("got %q, %v, want %q", got.Resources, err, want)
	}
	if _, err := DecodeControlRequest(AppendStr(AppendU8(nil, fieldCmd, 2), "resource0", strings.Repeat("x", 300))); err == nil {
		t.Error("a name of 300 bytes was accepted")
	}
	// Fields of a resource may come before its name and after those of others.
	b = AppendStr(nil, "role1", "init")
	b = AppendStr(b, "resource1", "b")
	b = AppendStr(b, "role0", "primary")
	b = AppendStr(b, "resource0", "a")
	b = AppendStr(b, "role0", "again")
	rep, err := DecodeControlReply(b)
	if want := []ControlResource{{Name: "a", Role: "primary"}, {Name: "b", Role: "init"}}; err != nil || !reflect.DeepEqual(rep.Resources, want) {
		t.Errorf("got %+v, %v", rep.Resources, err)
	}
}

func TestControlReplyOfManyResources(t *testing.T) {
	var rep ControlReply
	for i := range 1000 {
		rep.Resources = append(rep.Resources, ControlResource{Name: fmt.Sprint("r", i), Role: "primary",
			Status: &ResourceStatus{Worker: worker()}})
	}
	b := AppendControlReply(nil, &rep)
	got, err := DecodeControlReply(b)
	if err != nil || !reflect.DeepEqual(got, rep) || len(b) > MaxControlNV {
		t.Errorf("%d bytes, %d resources, %v", len(b), len(got.Resources), err)
	}
	b = nil
	for i := range maxControlResources + 1 {
		b = AppendStr(b, indexed(keyResource, i), "r")
	}
	if _, err := DecodeControlReply(b); err == nil || !strings.Contains(err.Error(), "too many") {
		t.Errorf("%d resources: %v", maxControlResources+1, err)
	}
}

func FuzzControl(f *testing.F) {
	for _, file := range vectorFiles(f, "ctl*.bin") {
		f.Add(readFile(f, file)[headerSize:])
	}
	f.Add(AppendControlRequest(nil, &ControlRequest{Cmd: 1, Role: 2, Resources: []string{"a", "b"}, Force: true}))
	f.Fuzz(func(t *testing.T, b []byte) {
		nv, err := ParseNV(b)
		if err != nil {
			return
		}
		if r, err := DecodeControlRequest(nv); err == nil {
			if again, err := DecodeControlRequest(AppendControlRequest(nil, &r)); err != nil || !reflect.DeepEqual(again, r) {
				t.Errorf("%+v came back as %+v, %v", r, again, err)
			}
		}
		if r, err := DecodeControlReply(nv); err == nil {
			// What an error or the lack of one leaves out differs; what comes back must then be stable.
			once, err := DecodeControlReply(AppendControlReply(nil, &r))
			if err != nil || len(once.Resources) != len(r.Resources) {
				t.Fatalf("%+v came back as %+v, %v", r, once, err)
			}
			twice, err := DecodeControlReply(AppendControlReply(nil, &once))
			if err != nil || !reflect.DeepEqual(once, twice) {
				t.Errorf("%+v came back as %+v, %v", once, twice, err)
			}
		}
	})
}
