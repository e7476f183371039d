package simulation

import (
	"fmt"
	"slices"
	"strings"
)

// Replacement is what stands in a disk's place from some moment on.
type Replacement uint8

const (
	// ReplaceEmpty is a new disk of the same size with bytes of no meaning.
	ReplaceEmpty Replacement = iota
	// ReplaceZero is one that reads as zeroes.
	ReplaceZero
	// ReplaceLarger and ReplaceSmaller are new ones of another size.
	ReplaceLarger
	ReplaceSmaller
	// ReplaceOlder is the same disk as it was at an earlier moment: see Image.
	ReplaceOlder
	// ReplacePeers is a copy of another disk.
	ReplacePeers
)

var replacementNames = [...]string{"empty", "zero", "larger", "smaller", "older", "peers"}

// String is the word for it.
func (r Replacement) String() string { return replacementNames[int(r)%len(replacementNames)] }

// ParseReplacement finds it by its word.
func ParseReplacement(s string) (Replacement, error) {
	i := slices.Index(replacementNames[:], s)
	if i < 0 {
		return 0, fmt.Errorf("unknown replacement of a disk %q: there are %s", s, strings.Join(replacementNames[:], ", "))
	}
	return Replacement(i), nil
}

// Replace puts another medium in the disk's place. Whoever has it open has lost it: all of its operations
// fail with ENXIO, and an open gets the new medium. image is for ReplaceOlder, other for ReplacePeers.
func (p *Platter) Replace(by Replacement, image Image, other *Platter) error {
	size := len(p.written)
	var content []byte
	switch by {
	case ReplaceEmpty, ReplaceZero:
		content = make([]byte, size)
	case ReplaceLarger:
		content = make([]byte, size+size/2/SectorSize*SectorSize)
	case ReplaceSmaller:
		content = make([]byte, size/2/SectorSize*SectorSize)
	case ReplaceOlder:
		if image.written == nil {
			return fmt.Errorf("%s can't be replaced by an older copy: none was taken", p.path)
		}
		content = slices.Clone(image.written)
	case ReplacePeers:
		if other == nil {
			return fmt.Errorf("%s can't be replaced by a copy of no disk", p.path)
		}
		content = slices.Clone(other.written)
	}
	if by == ReplaceEmpty || by == ReplaceLarger || by == ReplaceSmaller {
		fillRandom(p.machine.world.chance.disk, content)
	}
	p.note("replaced: %v", by)
	p.takeAway()
	p.other = p.other || len(content) != size
	p.medium(content)
	p.machine.world.effect(FaultReplaced)
	p.changed()
	return nil
}

// takeAway ends all that is under way with the old medium.
func (p *Platter) takeAway() {
	if p.owner != nil {
		p.owner.lost = true
		p.owner = nil
	}
	for _, t := range p.late {
		t.end.cancel()
	}
	p.late = nil
	held := p.held
	p.held = nil
	for _, t := range held {
		t.end = p.machine.world.after(p.delay(minDiskDelay, maxDiskDelay), nil, t.onEnd)
	}
}

// changed tells that the medium is another one.
func (p *Platter) changed() {
	for _, by := range p.machine.world.watchers {
		if d, ok := by.(DamageWatcher); ok {
			d.Damaged(p.machine, p, 0, FaultReplaced, nil)
		}
	}
}
