package simulation

import (
	"fmt"

	"hast/states"
	"hast/wire"
)

// Format makes the disk a fresh component of a resource, as hastctl create does: metadata that was
// never paired, in all its places, and an empty map. The data area keeps what it has. It returns the
// record.
func (p *Platter) Format(resource string, extent, keepDirty uint32) (states.Record, error) {
	localoff, _, datasize, err := states.Layout(uint64(len(p.written)), extent)
	if err != nil {
		return states.Record{}, fmt.Errorf("format %s: %w", p.path, err)
	}
	r := states.Record{
		Resource: resource, DataSize: datasize, ExtentSize: extent, KeepDirty: keepDirty,
		LocalOff: localoff, PrevRole: states.RoleInit,
	}
	p.Put(0, make([]byte, localoff))
	if err := p.PutRecord(&r, 1); err != nil {
		return states.Record{}, fmt.Errorf("format %s: %w", p.path, err)
	}
	p.changed()
	return r, nil
}

// PutRecord puts a record with a number into FreeBSD's block and both copies.
func (p *Platter) PutRecord(r *states.Record, number uint64) error {
	block, err := wire.EncodeBlock(r, number)
	if err != nil {
		return err
	}
	offs, ok := r.CopyOffsets()
	if !ok {
		return fmt.Errorf("a component with data at %d has no room for copies", r.LocalOff)
	}
	for _, off := range offs {
		buf, err := wire.EncodeCopy(r, number, off)
		if err != nil {
			return err
		}
		p.Put(int64(off), buf)
	}
	p.Put(0, block)
	return nil
}

// Record reads the metadata block from the image that a power cut would leave at least.
func (p *Platter) Record() (states.Record, error) {
	if !p.read {
		p.rec, p.bad = wire.DecodeMetadata(p.durable[:states.MetadataSize])
		p.read = true
	}
	return p.rec, p.bad
}
