package states

import (
	"fmt"
	"strings"
)

// CopyState is what was found where a copy of the record may be.
type CopyState uint8

const (
	// CopyAbsent: the layout has no place for this copy.
	CopyAbsent CopyState = iota
	// CopyGood: it is whole.
	CopyGood
	// CopyBlank: zeroes; nothing was written there since create.
	CopyBlank
	// CopyUnreadable: the provider gave an error.
	CopyUnreadable
	// CopyTorn: a write of it was cut short.
	CopyTorn
	// CopyDamaged: it isn't what was written, or it never was a copy.
	CopyDamaged
	// CopyMisplaced: it is whole and belongs elsewhere on the component.
	CopyMisplaced
	// CopyOther: it is whole and of another resource.
	CopyOther
	// CopyNewer: it is whole and in a format that a newer version of ours brought.
	CopyNewer
)

var copyStateNames = [...]string{"absent", "good", "blank", "unreadable", "torn", "damaged", "misplaced", "of another resource", "of a newer version"}

// String names the state.
func (s CopyState) String() string { return enumName(copyStateNames[:], int(s)) }

// StoredCopy is what was found in one place.
type StoredCopy struct {
	State CopyState
	// Number counts the writes of the record. In FreeBSD's block it is 0 if another implementation
	// wrote the block last, or none of ours did yet.
	Number uint64
	Record Record // if State is CopyGood
	// Why says what is wrong with it, in words; empty if State says all.
	Why string
	// Frayed: the block has something behind its end, which FreeBSD's hastd never leaves there. It is
	// one of ours that lost its number, if there are copies.
	Frayed bool
}

// Stored is all that a component says about itself: FreeBSD's block and the two slots.
type Stored struct {
	Block StoredCopy
	Slots [CopySlots]StoredCopy
}

// Chosen is the record that holds, and what follows from how it was found.
type Chosen struct {
	Record Record
	// Number is the highest number found in a good copy; the next write's must be higher.
	Number uint64
	// Good holds each slot's number, 0 for a slot that isn't good.
	Good [CopySlots]uint64
	// Foreign: another implementation wrote the block after us, so that what only our copies say is void.
	Foreign bool
	// Rewrite: not all places hold the record; it must be written again before it is relied on.
	Rewrite bool
	// Faults says what is wrong with which place; empty also after a plain power cut's traces.
	Faults []string
}

// NoCopyError says that no copy can be relied on.
type NoCopyError struct {
	// Blank: nothing was ever written to this component.
	Blank bool
	// Newer: a newer version of ours wrote it.
	Newer bool
	// Faults names each place with its reason.
	Faults []string
}

// Error names every place.
func (e *NoCopyError) Error() string { return strings.Join(e.Faults, "; ") }

// placeNames are the words for the places, as in docs/metadata.md.
var placeNames = [...]string{"FreeBSD's block", "copy 1", "copy 2"}

// Choose finds the record that holds (I20). Every write of the record goes to one slot, then to the other,
// then to FreeBSD's block, each durable before the next begins: the highest number among the good ones is
// the last write that was completed, or a later one that was under way. A good block without a number was
// written by another implementation, which knows nothing of our copies: it is newer than they are, and
// what only they say is void.
//
// The error is a *NoCopyError: all are bad, or one is of a newer version, whose meaning nobody here knows.
func (s *Stored) Choose() (Chosen, error) {
	block := s.Block
	var c Chosen
	slots, copies := false, false
	for i, slot := range s.Slots {
		switch slot.State {
		case CopyNewer:
			return Chosen{}, &NoCopyError{Newer: true, Faults: []string{slot.fault(i + 1)}}
		case CopyGood:
			copies = true
			c.Good[i] = slot.Number
			c.Number = max(c.Number, slot.Number)
		}
		slots = slots || slot.State != CopyAbsent
	}
	if block.State == CopyGood && block.Number == 0 && block.Frayed && copies {
		block.State, block.Why = CopyDamaged, "its number is gone, and something lies behind its end"
	}
	if block.State == CopyGood && block.Number == 0 {
		c.Record, c.Foreign, c.Rewrite = block.Record, copies, slots
		return c, nil
	}
	found := false
	if block.State == CopyGood {
		c.Number = max(c.Number, block.Number)
	}
	all := []StoredCopy{block, s.Slots[0], s.Slots[1]}
	for i := range all {
		// The slots come first: the block holds a widened Bad if it is a long one.
		n := (i + 1) % len(all)
		if a := &all[n]; a.State == CopyGood && a.Number == c.Number {
			if !found {
				c.Record, found = a.Record, true
			}
			continue
		}
		c.Rewrite = c.Rewrite || slots
	}
	var faults []string
	blank := true
	for i := range all {
		a := &all[i]
		blank = blank && (a.State == CopyBlank || a.State == CopyAbsent)
		if a.State == CopyGood && a.Number+1 < c.Number {
			faults = append(faults, fmt.Sprintf("%s is stale: it has number %d, the newest has %d", placeNames[i], a.Number, c.Number))
		} else if a.State != CopyGood && a.State != CopyAbsent {
			faults = append(faults, a.fault(i))
		}
	}
	if !found {
		return Chosen{}, &NoCopyError{Blank: blank, Faults: faults}
	}
	c.Faults = faults
	return c, nil
}

// fault says what is wrong with a copy.
func (c *StoredCopy) fault(place int) string {
	s := placeNames[place] + " is " + c.State.String()
	if c.Why != "" {
		s += ": " + c.Why
	}
	return s
}
