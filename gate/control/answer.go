package control

import (
	"encoding/json"
	"fmt"
	"os"

	"hast/actors"
	"hast/states"
	"hast/wire"
)

// refuse answers a request that no node needs to see.
func refuse(req wire.ControlRequest) (wire.ControlReply, bool) {
	switch {
	case req.Cmd != wire.ControlSetRole && req.Cmd != wire.ControlStatus && req.Cmd != wire.ControlResolve:
		return refusal(wire.ControlUnimplemented, fmt.Sprintf("command %d is unknown", req.Cmd)), true
	case len(req.Resources) == 0:
		return refusal(wire.ControlInvalid, "the request names no resource"), true
	case req.Cmd == wire.ControlResolve && (len(req.Resources) != 1 || req.Resources[0] == wire.ControlAll):
		return refusal(wire.ControlInvalid, "split-brains are resolved one by one: name one resource"), true
	case req.Cmd == wire.ControlSetRole && !settable(req.Role):
		return refusal(wire.ControlInvalid, fmt.Sprintf("role %d is unknown", req.Role)), true
	}
	return wire.ControlReply{}, false
}

func settable(r states.Role) bool {
	return r == states.RoleInit || r == states.RolePrimary || r == states.RoleSecondary
}

// refusal is the reply to a request that failed as a whole.
func refusal(code int16, reason string) wire.ControlReply {
	return wire.ControlReply{Error: code, ErrMsg: reason}
}

// unknown is the answer for a resource that isn't configured.
func unknown(name string) wire.ControlResource {
	return wire.ControlResource{
		Name:   name,
		Error:  wire.ControlNoEntry,
		ErrMsg: "no such resource in hastd's configuration (reload it after a change)",
	}
}

// rolesReply is the reply to a role change: the role before, or why the role isn't held. The original
// has no code for that: it answers before it knows.
func rolesReply(answers []actors.RoleAnswer) wire.ControlReply {
	var rep wire.ControlReply
	for _, a := range answers {
		r := wire.ControlResource{Name: a.Name, Role: a.Before.String()}
		switch {
		case a.Unknown:
			r = unknown(a.Name)
		case a.Reason != "":
			r = wire.ControlResource{Name: a.Name, Error: wire.ControlInvalid, ErrMsg: a.Reason}
		}
		rep.Resources = append(rep.Resources, r)
	}
	return rep
}

// resolveReply is the reply to the end of a split-brain.
func resolveReply(a actors.ResolveAnswer) wire.ControlReply {
	r := wire.ControlResource{Name: a.Name, Role: states.RoleSecondary.String()}
	switch {
	case a.Unknown:
		r = unknown(a.Name)
	case a.Reason != "":
		r = wire.ControlResource{Name: a.Name, Error: wire.ControlInvalid, ErrMsg: a.Reason + "; " + a.Remedy}
	}
	// An answer is plain data: it can always be encoded.
	if text, err := json.Marshal(a); err == nil && r.Error == 0 {
		r.JSON = string(text)
	}
	return wire.ControlReply{Resources: []wire.ControlResource{r}}
}

// statusReply is the reply to a status query.
func statusReply(all []actors.Status) wire.ControlReply {
	var rep wire.ControlReply
	for i := range all {
		s := &all[i]
		if s.Unknown {
			rep.Resources = append(rep.Resources, unknown(s.Name))
			continue
		}
		r := wire.ControlResource{Name: s.Name, Role: s.Role, Status: resourceStatus(s)}
		// A status is plain data: it can always be encoded.
		if text, err := json.Marshal(s); err == nil {
			r.JSON = string(text)
		}
		rep.Resources = append(rep.Resources, r)
	}
	return rep
}

// resourceStatus is the part of a status that the original has fields for. Where it had a worker
// process, we have actors in this process.
func resourceStatus(s *actors.Status) *wire.ResourceStatus {
	r := &wire.ResourceStatus{
		Provider:    s.Provider,
		LocalPath:   s.Local,
		RemoteAddr:  s.Remote,
		SourceAddr:  s.Source,
		Replication: s.Replication,
		Checksum:    s.Checksum,
		Compression: s.Compression,
	}
	if s.Status == "" {
		return r
	}
	r.WorkerPID = int32(os.Getpid())
	r.Worker = &wire.WorkerStatus{
		Status:       s.Status,
		Dirty:        s.Dirty,
		ExtentSize:   s.ExtentSize,
		KeepDirty:    s.KeepDirty,
		Reads:        s.Stats.Reads,
		Writes:       s.Stats.Writes,
		Deletes:      s.Stats.Deletes,
		Flushes:      s.Stats.Flushes,
		MapUpdates:   s.Stats.MapUpdates,
		ReadErrors:   s.Stats.ReadErrors,
		WriteErrors:  s.Stats.WriteErrors,
		DeleteErrors: s.Stats.DeleteErrors,
		FlushErrors:  s.Stats.FlushErrors,
		IdleQueue:    s.Stats.QueueIdle,
		LocalQueue:   s.Stats.QueueLocal,
		SendQueue:    s.Stats.QueueSend,
		RecvQueue:    s.Stats.QueueRecv,
		DoneQueue:    s.Stats.QueueDone,
	}
	if s.Role == states.RoleSecondary.String() {
		// The original's secondary has no activemap, and says 0 for both.
		r.Worker.Dirty, r.Worker.KeepDirty = 0, 0
	}
	return r
}
