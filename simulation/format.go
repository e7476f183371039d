package simulation

import (
	"fmt"

	"hast/states"
	"hast/wire"
)

// Format makes the disk a fresh component of a resource, as hastctl create does: a metadata block that
// was never paired and an empty map. The data area keeps what it has. It returns the record.
func (p *Platter) Format(resource string, extent, keepDirty uint32) (states.Record, error) {
	localoff, _, datasize, err := states.Layout(uint64(len(p.written)), extent)
	if err != nil {
		return states.Record{}, fmt.Errorf("format %s: %w", p.path, err)
	}
	r := states.Record{
		Resource: resource, DataSize: datasize, ExtentSize: extent, KeepDirty: keepDirty,
		LocalOff: localoff, PrevRole: states.RoleInit,
	}
	block, err := wire.EncodeMetadata(&r)
	if err != nil {
		return states.Record{}, fmt.Errorf("format %s: %w", p.path, err)
	}
	p.Put(0, make([]byte, localoff))
	p.Put(0, block)
	return r, nil
}

// Record reads the metadata block from the image that a power cut would leave at least.
func (p *Platter) Record() (states.Record, error) {
	if !p.read {
		p.rec, p.bad = wire.DecodeMetadata(p.durable[:states.MetadataSize])
		p.read = true
	}
	return p.rec, p.bad
}
