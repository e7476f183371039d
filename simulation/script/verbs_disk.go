package script

import (
	"strings"

	"hast/actors"
	"hast/simulation"
	"hast/states"
)

var diskVerbs = []verb{
	renewVerb,
	wrongDiskVerb,
	{name: "disk", usage: "NODE " + diskUsage, about: "make a disk ill, or well again; a range is one of the device, in bytes", compile: compileDisk},
	{name: "create", usage: "NODE [may-fail]", about: "make a node's component a fresh one, as hastctl create does", compile: func(w *words) act {
		free := w.option("may-fail")
		at := w.node()
		return func(st *Stage) error { return st.refuse(st.Pair.Create(st.machine(at)), free) }
	}},
}

const diskUsage = "read-error|write-error|flush-error|latent|stuck [RANGE|data|map|metadata|flush] [times=N] | full | read-only | unstuck | gone | slow TIMES | " +
	"replace empty|zero|larger|smaller|older|peers | heal | mend"

// ails are what befalls operations of some kinds.
var ails = []struct {
	name  string
	kinds []actors.DiskKind
}{
	{"read-error", []actors.DiskKind{actors.DiskRead}},
	{"write-error", []actors.DiskKind{actors.DiskWrite, actors.DiskZero}},
	{"flush-error", []actors.DiskKind{actors.DiskFlush}},
	{"latent", nil},
	{"stuck", []actors.DiskKind{actors.DiskWrite, actors.DiskZero, actors.DiskRead}},
}

func compileDisk(w *words) act {
	at := w.node()
	what := w.oneOf("fault", "read-error", "write-error", "flush-error", "latent", "stuck", "full", "read-only", "unstuck", "gone", "slow", "replace", "heal", "mend")
	onDisk := func(do func(*simulation.Platter)) act {
		return func(st *Stage) error {
			do(st.disk(at))
			return nil
		}
	}
	switch what {
	case "stuck":
		if w.peek() == "" {
			return onDisk((*simulation.Platter).Stick)
		}
	case "full":
		return onDisk(func(d *simulation.Platter) { d.Full(true) })
	case "read-only":
		return onDisk(func(d *simulation.Platter) { d.ReadOnly(true) })
	case "unstuck":
		return onDisk((*simulation.Platter).Unstick)
	case "gone":
		return onDisk((*simulation.Platter).Remove)
	case "heal":
		return onDisk((*simulation.Platter).Heal)
	case "mend":
		return onDisk((*simulation.Platter).Mend)
	case "slow":
		n := w.number("times", 1_000_000)
		return onDisk(func(d *simulation.Platter) { d.Slow(int(n)) })
	case "replace":
		return compileReplace(w, at)
	}
	return compileAil(w, at, what)
}

// compileReplace puts another medium in a disk's place; the older one is the node's newest snapshot
// without a name.
func compileReplace(w *words, at nodeName) act {
	by, err := simulation.ParseReplacement(w.next("replacement"))
	if err != nil {
		w.fail("%v", err)
	}
	return func(st *Stage) error {
		return st.refuse(st.disk(at).Replace(by, st.images[string(at)+" "], st.disk(at.other())), false)
	}
}

// compileAil reads what befalls operations in some place.
func compileAil(w *words, at nodeName, what string) act {
	var f simulation.DiskFault
	for _, a := range ails {
		if a.name == what {
			f.Kinds = a.kinds
		}
	}
	if text, ok := w.valued("times"); ok {
		v := words{rest: []string{text}}
		if f.Times = int(v.number("times", 1_000_000)); v.err != nil {
			w.fail("%v", v.err)
		}
	}
	places := w.places(what)
	return func(st *Stage) error {
		for _, place := range places(&st.Pair.Record) {
			f, d := f, st.disk(at)
			f.Off, f.Len = place.off, place.n
			switch {
			case what == "stuck" && place.flush:
				d.StickSome([]actors.DiskKind{actors.DiskFlush}, 0, 0)
			case what == "stuck":
				d.StickSome(f.Kinds, f.Off, f.Len)
			case what == "latent":
				d.Spoil(f.Off, f.Len)
			default:
				d.Fail(f)
			}
		}
		return nil
	}
}

// place is a range of a component, in bytes from its beginning; a length of 0 is all of it.
type place struct {
	off, n int64
	flush  bool // not a range, but flushes
}

// places takes where a fault of a disk is.
func (w *words) places(what string) func(r *states.Record) []place {
	where := w.peek()
	switch {
	case where == "" && what == "latent":
		w.fail("latent needs a range")
	case where == "":
		return func(*states.Record) []place { return []place{{}} }
	case what == "flush-error":
		w.fail("a flush has no range")
	case strings.Contains(where, ".."):
		off, n := w.span()
		return func(r *states.Record) []place { return []place{{off: int64(r.LocalOff) + off, n: n}} }
	}
	switch w.oneOf("place", "a range such as 4k..1M", "data", "map", "metadata", "flush") {
	case "data":
		return func(r *states.Record) []place { return []place{{off: int64(r.LocalOff), n: int64(r.DataSize)}} }
	case "map":
		return func(r *states.Record) []place { return []place{{off: states.MapOffset, n: int64(r.MapSize())}} }
	case "flush":
		if what != "stuck" {
			w.fail("only stuck knows the place flush")
		}
		return func(*states.Record) []place { return []place{{flush: true}} }
	}
	return metadataPlaces
}

// metadataPlaces are the block and both copies of ours.
func metadataPlaces(r *states.Record) []place {
	list := []place{{n: states.MetadataSize}}
	if copies, ok := r.CopyOffsets(); ok {
		for _, off := range copies {
			list = append(list, place{off: int64(off), n: states.MetadataSize})
		}
	}
	return list
}
