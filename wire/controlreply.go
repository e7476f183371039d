package wire

import (
	"errors"
	"fmt"
)

// ControlReply is what hastd answers hastctl.
type ControlReply struct {
	// Error is a failure of the request as a whole (Control…, or an Errno); 0 is none.
	Error int16
	// ErrMsg is ours: the reason of Error, for people.
	ErrMsg    string
	Resources []ControlResource
}

// ControlResource is the answer for one resource.
type ControlResource struct {
	Name string
	// Error is a Control… code; with it the rest, but ErrMsg, is empty.
	Error int16
	// ErrMsg is ours: the reason of Error, for people.
	ErrMsg string
	// Role is a word: for ControlSetRole the role before the change.
	Role string
	// Status is there in the answer to ControlStatus.
	Status *ResourceStatus
	// JSON is ours: details that the original's fields have no place for.
	JSON string
}

// ResourceStatus is what the daemon knows of a resource.
type ResourceStatus struct {
	Provider, LocalPath, RemoteAddr string
	// SourceAddr is empty if the configuration has none.
	SourceAddr                         string
	Replication, Checksum, Compression string
	// WorkerPID is the process that serves the resource; 0 if it isn't served.
	WorkerPID int32
	// Worker is there if the resource is served.
	Worker *WorkerStatus
}

// WorkerStatus is what a running resource says of itself.
type WorkerStatus struct {
	// Status is "complete" with both connections open, else "degraded".
	Status     string
	Dirty      uint64 // bytes
	ExtentSize uint32 // bytes
	KeepDirty  uint32 // extents
	// Counts since the role was taken.
	Reads, Writes, Deletes, Flushes, MapUpdates        uint64
	ReadErrors, WriteErrors, DeleteErrors, FlushErrors uint64
	// Lengths of queues: requests that are free, at the disk, to be sent, unanswered, to be answered.
	IdleQueue, LocalQueue, SendQueue, RecvQueue, DoneQueue uint64
}

// maxControlResources bounds what a reply makes its reader remember.
const maxControlResources = 1 << 14

// counter is one of the u64 fields that end the status of a worker.
type counter struct {
	key string
	of  func(*WorkerStatus) *uint64
}

// counters are in the order of the original's reply.
var counters = [...]counter{
	{"stat_read", func(w *WorkerStatus) *uint64 { return &w.Reads }},
	{"stat_write", func(w *WorkerStatus) *uint64 { return &w.Writes }},
	{"stat_delete", func(w *WorkerStatus) *uint64 { return &w.Deletes }},
	{"stat_flush", func(w *WorkerStatus) *uint64 { return &w.Flushes }},
	{"stat_activemap_update", func(w *WorkerStatus) *uint64 { return &w.MapUpdates }},
	{"stat_read_error", func(w *WorkerStatus) *uint64 { return &w.ReadErrors }},
	{"stat_write_error", func(w *WorkerStatus) *uint64 { return &w.WriteErrors }},
	{"stat_delete_error", func(w *WorkerStatus) *uint64 { return &w.DeleteErrors }},
	{"stat_flush_error", func(w *WorkerStatus) *uint64 { return &w.FlushErrors }},
	{"idle_queue_size", func(w *WorkerStatus) *uint64 { return &w.IdleQueue }},
	{"local_queue_size", func(w *WorkerStatus) *uint64 { return &w.LocalQueue }},
	{"send_queue_size", func(w *WorkerStatus) *uint64 { return &w.SendQueue }},
	{"recv_queue_size", func(w *WorkerStatus) *uint64 { return &w.RecvQueue }},
	{"done_queue_size", func(w *WorkerStatus) *uint64 { return &w.DoneQueue }},
}

// AppendControlReply encodes r. A reply without resources and without an error still has a field, error
// 0, which hastctl takes for none: an empty message makes the original's hastctl abort (its defect B2).
func AppendControlReply(dst []byte, r *ControlReply) []byte {
	if r.Error != 0 || len(r.Resources) == 0 {
		dst = AppendI16(dst, fieldError, r.Error)
	}
	if r.ErrMsg != "" {
		dst = AppendStr(dst, fieldErrMsg, r.ErrMsg)
	}
	for i := range r.Resources {
		dst = appendControlResource(dst, i, &r.Resources[i])
	}
	return dst
}

func appendControlResource(dst []byte, i int, r *ControlResource) []byte {
	dst = AppendStr(dst, indexed(keyResource, i), r.Name)
	switch {
	case r.Error != 0:
		dst = AppendI16(dst, indexed(keyError, i), r.Error)
		if r.ErrMsg != "" {
			dst = AppendStr(dst, indexed(keyErrMsg, i), r.ErrMsg)
		}
	case r.Status == nil:
		dst = AppendStr(dst, indexed(keyRole, i), r.Role)
	default:
		dst = appendStatus(dst, i, r.Role, r.Status)
	}
	if r.JSON != "" {
		dst = AppendStr(dst, indexed(keyJSON, i), r.JSON)
	}
	return dst
}

func appendStatus(dst []byte, i int, role string, s *ResourceStatus) []byte {
	dst = AppendStr(dst, indexed("provname", i), s.Provider)
	dst = AppendStr(dst, indexed("localpath", i), s.LocalPath)
	dst = AppendStr(dst, indexed("remoteaddr", i), s.RemoteAddr)
	if s.SourceAddr != "" {
		dst = AppendStr(dst, indexed("sourceaddr", i), s.SourceAddr)
	}
	dst = AppendStr(dst, indexed("replication", i), s.Replication)
	dst = AppendStr(dst, indexed("checksum", i), s.Checksum)
	dst = AppendStr(dst, indexed("compression", i), s.Compression)
	dst = AppendStr(dst, indexed(keyRole, i), role)
	dst = AppendI32(dst, indexed("workerpid", i), s.WorkerPID)
	w := s.Worker
	if w == nil {
		return dst
	}
	dst = AppendStr(dst, indexed("status", i), w.Status)
	dst = AppendU64(dst, indexed("dirty", i), w.Dirty)
	dst = AppendU32(dst, indexed("extentsize", i), w.ExtentSize)
	dst = AppendU32(dst, indexed("keepdirty", i), w.KeepDirty)
	for _, c := range counters {
		dst = AppendU64(dst, indexed(c.key, i), *c.of(w))
	}
	return dst
}

// DecodeControlReply reads a reply, in one pass over its fields. Resources end at the first index that
// has no name.
func DecodeControlReply(nv NV) (ControlReply, error) {
	r := fieldReader{nv: nv}
	var rep ControlReply
	if v, ok := nv.I16(fieldError); ok {
		rep.Error = v
	} else if nv.Has(fieldError) {
		r.fail(fieldError, "int16")
	}
	rep.ErrMsg, _ = nv.Str(fieldErrMsg)

	count := indexCount(nv, keyResource)
	if count > maxControlResources {
		return rep, fmt.Errorf("control reply: %d resources are too many, at most %d are read", count, maxControlResources)
	}
	parts := make([]resourceFields, count)
	nv.Each(func(name []byte, typ byte, data []byte) bool {
		key, i, ok := splitIndex(name)
		if !ok || i >= len(parts) {
			return true
		}
		if err := parts[i].set(string(key), typ, data); err != nil {
			r.reject(string(name), err.Error())
			return false
		}
		return true
	})
	for i := range parts {
		if !parts[i].named {
			break
		}
		rep.Resources = append(rep.Resources, parts[i].resource())
	}
	return rep, wrap("control reply", r.err)
}

// resourceFields gathers the fields of one resource while they pass by.
type resourceFields struct {
	res              ControlResource
	status           ResourceStatus
	worker           WorkerStatus
	named            bool
	hasStat, hasWork bool
	seen             map[string]bool
}

// resource is what the fields amount to.
func (f *resourceFields) resource() ControlResource {
	if f.hasWork {
		f.status.Worker = &f.worker
		f.hasStat = true
	}
	if f.hasStat {
		f.res.Status = &f.status
	}
	return f.res
}

// set stores a field; unknown ones are ignored, and of equal ones all but the first.
func (f *resourceFields) set(key string, typ byte, data []byte) error {
	if f.seen[key] {
		return nil
	}
	if f.seen == nil {
		f.seen = make(map[string]bool)
	}
	if to, ok := f.text(key); ok {
		if typ != TypeStr {
			return errors.New("has another type than string")
		}
		f.seen[key] = true
		*to = string(data[:len(data)-1])
		return nil
	}
	want, store := f.number(key)
	if store == nil {
		return nil
	}
	if typ != want {
		return fmt.Errorf("has type %d instead of %d", typ, want)
	}
	f.seen[key] = true
	store(littleEndian(data))
	return nil
}

// text is where a string field goes; ok is false if key is none that we know.
func (f *resourceFields) text(key string) (to *string, ok bool) {
	switch key {
	case keyResource:
		f.named = true
		return &f.res.Name, true
	case keyErrMsg:
		return &f.res.ErrMsg, true
	case keyRole:
		return &f.res.Role, true
	case keyJSON:
		return &f.res.JSON, true
	case "status":
		f.hasWork = true
		return &f.worker.Status, true
	case "provname":
		to = &f.status.Provider
	case "localpath":
		to = &f.status.LocalPath
	case "remoteaddr":
		to = &f.status.RemoteAddr
	case "sourceaddr":
		to = &f.status.SourceAddr
	case "replication":
		to = &f.status.Replication
	case "checksum":
		to = &f.status.Checksum
	case "compression":
		to = &f.status.Compression
	default:
		return nil, false
	}
	f.hasStat = true
	return to, true
}

// number is the type of a numeric field and where it goes; store is nil for a field that we don't know.
func (f *resourceFields) number(key string) (typ byte, store func(uint64)) {
	switch key {
	case keyError:
		return TypeI16, func(v uint64) { f.res.Error = int16(v) }
	case "workerpid":
		f.hasStat = true
		return TypeI32, func(v uint64) { f.status.WorkerPID = int32(v) }
	case "dirty":
		return TypeU64, func(v uint64) { f.worker.Dirty = v }
	case "extentsize":
		return TypeU32, func(v uint64) { f.worker.ExtentSize = uint32(v) }
	case "keepdirty":
		return TypeU32, func(v uint64) { f.worker.KeepDirty = uint32(v) }
	}
	for _, c := range counters {
		if c.key == key {
			return TypeU64, func(v uint64) { *c.of(&f.worker) = v }
		}
	}
	return 0, nil
}
