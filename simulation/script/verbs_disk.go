package script

import (
	"errors"
	"strings"

	"hast/actors"
	"hast/simulation"
	"hast/states"
	"hast/wire"
)

var diskVerbs = []verb{
	{name: "disk", usage: "NODE " + diskUsage, about: "make a disk ill, or well again; a range is one of the device, in bytes", compile: compileDisk},
	{name: "create", usage: "NODE [may-fail]", about: "make a node's component a fresh one, as hastctl create does", compile: func(w *words) act {
		free := w.option("may-fail")
		at := w.node()
		return func(st *Stage) error { return st.refuse(st.Pair.Create(st.machine(at)), free) }
	}},
}

const diskUsage = "read-error|write-error|flush-error|full|read-only [RANGE|data|map|metadata] [times=N] | stuck | unstuck | gone | slow TIMES | heal"

// ails are the faults of single operations.
var ails = []struct {
	name  string
	kinds []actors.DiskKind
	errno wire.Errno
}{
	{"read-error", []actors.DiskKind{actors.DiskRead}, wire.EIO},
	{"write-error", []actors.DiskKind{actors.DiskWrite, actors.DiskZero}, wire.EIO},
	{"flush-error", []actors.DiskKind{actors.DiskFlush}, wire.EIO},
	{"full", []actors.DiskKind{actors.DiskWrite, actors.DiskZero}, wire.ENOSPC},
	{"read-only", []actors.DiskKind{actors.DiskWrite, actors.DiskZero}, wire.EROFS},
}

func compileDisk(w *words) act {
	at := w.node()
	what := w.oneOf("fault", "read-error", "write-error", "flush-error", "full", "read-only", "stuck", "unstuck", "gone", "slow", "heal")
	onDisk := func(do func(*simulation.Platter)) act {
		return func(st *Stage) error {
			do(st.disk(at))
			return nil
		}
	}
	switch what {
	case "stuck":
		return onDisk((*simulation.Platter).Stick)
	case "unstuck":
		return onDisk((*simulation.Platter).Unstick)
	case "gone":
		return onDisk((*simulation.Platter).Remove)
	case "heal":
		return onDisk((*simulation.Platter).Heal)
	case "slow":
		n := w.number("times", 1_000_000)
		return onDisk(func(d *simulation.Platter) { d.Slow(int(n)) })
	}
	return compileAil(w, at, what)
}

func compileAil(w *words, at nodeName, what string) act {
	var f simulation.DiskFault
	for _, a := range ails {
		if a.name == what {
			f.Kinds, f.Errno = a.kinds, a.errno
		}
	}
	if text, ok := w.valued("times"); ok {
		v := words{rest: []string{text}}
		if f.Times = int(v.number("times", 1_000_000)); v.err != nil {
			w.fail("%v", v.err)
		}
	}
	where := w.peek()
	var off, n int64
	switch {
	case where == "":
	case what == "flush-error":
		w.fail("a flush has no range")
	case where == "data" || where == "map" || where == "metadata":
		w.next("place")
	case strings.Contains(where, ".."):
		off, n = w.span()
	default:
		w.fail("place %q: allowed is a range such as 4k..1M, data, map or metadata", where)
	}
	return func(st *Stage) error {
		f, r := f, &st.Pair.Record
		switch where {
		case "":
		case "data":
			f.Off, f.Len = int64(r.LocalOff), int64(r.DataSize)
		case "map":
			f.Off, f.Len = states.MapOffset, int64(r.MapSize())
		case "metadata":
			f.Off, f.Len = 0, states.MetadataSize
			if copies, ok := r.CopyOffsets(); ok {
				return failMetadata(st.disk(at), f, copies[:])
			}
		default:
			f.Off, f.Len = int64(r.LocalOff)+off, n
		}
		st.disk(at).Fail(f)
		return nil
	}
}

// failMetadata puts a fault on the block and on both copies of ours.
func failMetadata(d *simulation.Platter, f simulation.DiskFault, copies []uint64) error {
	if f.Times > 0 {
		return errors.New("times= counts operations of one place; metadata has three")
	}
	d.Fail(f)
	for _, off := range copies {
		f.Off = int64(off)
		d.Fail(f)
	}
	return nil
}
