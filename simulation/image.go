package simulation

import (
	"fmt"
	"slices"

	"hast/states"
)

// Image is a component as it was at some moment, for putting it back later.
type Image struct {
	written, durable []byte
	volatile         sectorSet
}

// Image copies the component.
func (p *Platter) Image() Image {
	return Image{slices.Clone(p.written), slices.Clone(p.durable), slices.Clone(p.volatile)}
}

// Restore makes the component what it was when the image was taken, as an administrator does who puts an
// old copy back. It fails while a node has the component open.
func (p *Platter) Restore(i Image) error {
	if err := p.unused(); err != nil {
		return err
	}
	p.machine.world.trace.add(p.machine.world.now, p.path, "restored")
	p.takeAway()
	p.medium(slices.Clone(i.written))
	p.durable, p.volatile = slices.Clone(i.durable), slices.Clone(i.volatile)
	p.changed()
	return nil
}

func (p *Platter) unused() error {
	if p.owner != nil {
		return fmt.Errorf("%s of %s is in use", p.path, p.machine.name)
	}
	return nil
}

// Create makes a machine's component a fresh one, as hastctl create does. It fails while a node has the
// component open.
func (p *Pair) Create(m *Machine) error {
	p.World.meddled = true
	d := p.Disk(m)
	if err := d.unused(); err != nil {
		return err
	}
	p.World.trace.add(p.World.now, m.name, "create", d.path)
	_, err := d.Format(p.resource, uint32(p.Record.ExtentSize), p.Record.KeepDirty)
	return err
}

// Resource is the name of the pair's resource.
func (p *Pair) Resource() string { return p.resource }

// DurableRecord is what a power cut would leave of a component's record at least: the newer one of the
// block and the copies.
func (p *Pair) DurableRecord(m *Machine) (states.Record, error) {
	paper := p.Client.ghost.readPaper(p.Disk(m).durable)
	return paper.rec, paper.err
}

// WrittenRecord is what a node would find that opens the component now.
func (p *Pair) WrittenRecord(m *Machine) (states.Record, error) {
	paper := p.Client.ghost.readPaper(p.Disk(m).written)
	return paper.rec, paper.err
}

// DurableData is a component's data area as a power cut would leave it if nothing volatile survived.
func (p *Pair) DurableData(m *Machine) []byte { return p.data(m, (*Platter).Durable) }

// DurableDirty counts the extents that are dirty in a component's map whatever a power cut keeps.
func (p *Pair) DurableDirty(m *Machine) int {
	d, n := p.Disk(m), 0
	for e := range states.Extents(p.Record.DataSize, p.Record.ExtentSize) {
		if d.guard.dirty(d, e) {
			n++
		}
	}
	return n
}
