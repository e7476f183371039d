package nbd

import (
	"fmt"

	"hast/actors"
)

// export is what clients are told of the device.
type export struct {
	name        string
	description string
	size        int64 // bytes
	sector      int   // bytes, a power of two; requests are whole sectors
}

// Limits of a DoorSpec.
const (
	defaultCredits = 256
	maxCredits     = 4096 // × actors.MaxRequest bytes of address space
)

// exportOf checks a spec and takes from it what clients see.
func exportOf(spec actors.DoorSpec) (*export, error) {
	switch {
	case spec.Resource == "" || len(spec.Resource) > maxName:
		return nil, fmt.Errorf("the resource's name has %d bytes; an NBD export's has 1 to %d", len(spec.Resource), maxName)
	case spec.Sector < 512 || spec.Sector > 64<<10 || spec.Sector&(spec.Sector-1) != 0:
		return nil, fmt.Errorf("a sector size of %d bytes: it must be a power of two from 512 to 65536", spec.Sector)
	case spec.Size <= 0 || spec.Size%int64(spec.Sector) != 0:
		return nil, fmt.Errorf("a device of %d bytes: it must hold one sector of %d bytes or more, whole ones", spec.Size, spec.Sector)
	case spec.Credits < 0 || spec.Credits > maxCredits:
		return nil, fmt.Errorf("%d credits: it must be 1 to %d, or 0 for the default of %d", spec.Credits, maxCredits, defaultCredits)
	}
	description := "HAST resource " + spec.Resource
	if spec.Provider != "" {
		description += ", provider " + spec.Provider
	}
	return &export{name: spec.Resource, description: description, size: spec.Size, sector: spec.Sector}, nil
}

// known says whether a client that asks for name means this export. The empty name asks for the default.
func (e *export) known(name []byte) bool { return len(name) == 0 || string(name) == e.name }
