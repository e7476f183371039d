package component

import (
	"errors"
	"io"

	"hast/states"
	"hast/wire"
)

// Read gives the record of a component. The error is wire.ErrNoMetadata if its first block is
// blank, or says what in the block is no metadata.
func Read(dev io.ReaderAt) (states.Record, error) {
	block := make([]byte, states.MetadataSize)
	n, err := dev.ReadAt(block, 0)
	if n < len(block) {
		if err == nil || errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return states.Record{}, err
	}
	return wire.DecodeMetadata(block)
}
