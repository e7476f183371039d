package simulation

import (
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
)

// Dump writes down how a pair stands: each actor with what waits for it and what it holds, the records and
// maps of both components, and the sectors in which they differ. It changes nothing.
func (p *Pair) Dump(w io.Writer) {
	fmt.Fprintf(w, "step %d, %v, %d turns\n", p.World.steps, p.World.now, p.World.turns)
	for _, m := range []*Machine{p.A, p.B} {
		p.dumpMachine(w, m)
	}
	p.dumpSectors(w)
}

func (p *Pair) dumpMachine(w io.Writer, m *Machine) {
	switch {
	case !m.on:
		fmt.Fprintf(w, "\nmachine %s: without power\n", m.name)
	case m.boot == nil:
		fmt.Fprintf(w, "\nmachine %s: no node runs\n", m.name)
	case m.boot.paused:
		fmt.Fprintf(w, "\nmachine %s: node %s, paused\n", m.name, m.boot.name)
	default:
		fmt.Fprintf(w, "\nmachine %s: node %s\n", m.name, m.boot.name)
	}
	p.dumpComponent(w, m)
	if m.boot == nil {
		return
	}
	for _, mb := range m.boot.mailboxes {
		if mb.pid == nil {
			continue
		}
		if _, lives := m.system.ProcessRegistry.GetLocal(mb.pid.Id); !lives {
			continue
		}
		fmt.Fprintf(w, "  %s: %s\n", mb.name, mb.waiting())
		d := dumper{w: w, seen: make(map[uintptr]bool)}
		d.fields(reflect.ValueOf(actorOf(mb)), "    ", 2)
	}
}

// waiting says what waits in a mailbox.
func (m *mailbox) waiting() string {
	if m.system.len()+m.user.len() == 0 {
		return "nothing waits"
	}
	var list []string
	for _, q := range []*queue[any]{&m.system, &m.user} {
		for _, x := range q.items[q.head:] {
			if len(list) == 8 {
				return strings.Join(list, ", ") + fmt.Sprintf(" and others, %d in all wait", m.system.len()+m.user.len())
			}
			list = append(list, describe(x))
		}
	}
	s := strings.Join(list, ", ") + " wait"
	if m.suspended {
		s += ", suspended"
	}
	return s
}

// Waiting says of each actor that lives for what it has not had a turn yet; a line each.
func (w *World) Waiting() []string {
	var lines []string
	for _, m := range w.machines {
		if m.boot == nil {
			continue
		}
		for _, mb := range m.boot.mailboxes {
			if mb.system.len()+mb.user.len() > 0 {
				lines = append(lines, mb.name+": "+mb.waiting())
			}
		}
	}
	return lines
}

func (p *Pair) dumpComponent(w io.Writer, m *Machine) {
	d := p.Disk(m)
	if r, err := d.Record(); err != nil {
		fmt.Fprintf(w, "  record: %v\n", err)
	} else {
		fmt.Fprintf(w, "  record: %+v\n", r)
	}
	var dirty []string
	for e := range extentsOf(p) {
		if d.guard.dirty(d, e) {
			dirty = append(dirty, fmt.Sprint(e))
		}
	}
	fmt.Fprintf(w, "  dirty extents, durably: %s\n", orNone(strings.Join(dirty, " ")))
	first := int64(p.Record.LocalOff) / SectorSize
	var volatile []string
	for s := d.volatile.next(0); s >= 0; s = d.volatile.next(s + 1) {
		volatile = append(volatile, fmt.Sprint(s-first))
	}
	fmt.Fprintf(w, "  sectors that are not durable (below 0: metadata and map): %s\n", orNone(shorten(volatile, 40)))
	var tasks []string
	for _, t := range d.tasks {
		tasks = append(tasks, describe(t.op))
	}
	fmt.Fprintf(w, "  operations under way: %s\n", orNone(shorten(tasks, 20)))
}

func extentsOf(p *Pair) uint64 {
	return (p.Record.DataSize + uint64(p.Record.ExtentSize) - 1) / uint64(p.Record.ExtentSize)
}

// dumpSectors shows where the components differ, and what a read may return there.
func (p *Pair) dumpSectors(w io.Writer) {
	a, b := p.Data(p.A), p.Data(p.B)
	j := p.Client.judge
	fmt.Fprintf(w, "\nsectors in which the components differ:\n")
	n := 0
	for at := 0; at < len(a); at += SectorSize {
		if slices.Equal(a[at:at+SectorSize], b[at:at+SectorSize]) {
			continue
		}
		if n++; n > 200 {
			continue
		}
		s := int64(at / SectorSize)
		fmt.Fprintf(w, "  %5d: a has %s, b has %s; a read may return%s\n", s, j.name(s, decode(a[at:])), j.name(s, decode(b[at:])), j.legal(s, j.tick))
	}
	if n > 200 {
		fmt.Fprintf(w, "  and %d others\n", n-200)
	}
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func shorten(list []string, n int) string {
	if len(list) > n {
		return strings.Join(list[:n], " ") + fmt.Sprintf(" and %d others", len(list)-n)
	}
	return strings.Join(list, " ")
}

// dumper writes down what a value holds, without addresses and without following what it has written.
type dumper struct {
	w    io.Writer
	seen map[uintptr]bool
}

// fields writes the fields of a structure that aren't zero, a line each.
func (d *dumper) fields(v reflect.Value, indent string, depth int) {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() || v.Kind() == reflect.Pointer && d.seen[v.Pointer()] {
			return
		}
		if v.Kind() == reflect.Pointer {
			d.seen[v.Pointer()] = true
		}
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct {
		return
	}
	for i := range v.NumField() {
		f, name := v.Field(i), v.Type().Field(i).Name
		if f.IsZero() || boring(name) {
			continue
		}
		if text, ok := flat(f); ok {
			fmt.Fprintf(d.w, "%s%s: %s\n", indent, name, text)
			continue
		}
		fmt.Fprintf(d.w, "%s%s:\n", indent, name)
		if depth > 0 {
			d.fields(f, indent+"  ", depth-1)
		}
	}
}

// boring are fields that say nothing about the actor: the way to the world and to other actors.
func boring(name string) bool {
	return slices.Contains([]string{"h", "ex", "res", "log", "ctx", "cfg", "host", "exec"}, name)
}

// flat is a value in one line, if it fits.
func flat(v reflect.Value) (string, bool) {
	switch v.Kind() {
	case reflect.Bool:
		return fmt.Sprint(v.Bool()), true
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return fmt.Sprint(v.Int()), true
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return fmt.Sprint(v.Uint()), true
	case reflect.String:
		return fmt.Sprintf("%q", v.String()), true
	case reflect.Func, reflect.Chan:
		return "set", true
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return fmt.Sprintf("%d bytes", v.Len()), true
		}
		return fmt.Sprintf("%d of %s", v.Len(), v.Type().Elem()), true
	case reflect.Map:
		return fmt.Sprintf("%d entries", v.Len()), true
	}
	return "", false
}
