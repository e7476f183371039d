package simulation

import (
	"strings"
	"testing"

	"hast/states"
	"hast/wire"
)

func TestGuard(t *testing.T) {
	const extent = 64 << 10
	sector := func(off uint64) int64 { return int64(off / SectorSize) }
	x := filled('x', SectorSize)
	tests := []struct {
		name string
		run  func(p *Pair, a, b *Platter)
		want string // of the violation; empty for none
	}{
		{"a write under a dirty bit", func(p *Pair, a, b *Platter) { a.landSector(sector(p.Record.LocalOff), x) }, ""},
		{"a write to a clean extent", func(p *Pair, a, b *Platter) { a.landSector(sector(p.Record.LocalOff+extent), x) }, "I8"},
		{"clearing a bit over a difference", func(p *Pair, a, b *Platter) {
			a.landSector(sector(p.Record.LocalOff), x)
			a.landSector(sector(states.MapOffset), make([]byte, SectorSize))
		}, "I10"},
		{"clearing a bit over what is not durable", func(p *Pair, a, b *Platter) {
			for _, d := range []*Platter{a, b} {
				d.landSector(sector(p.Record.LocalOff), x)
			}
			a.settle(sector(p.Record.LocalOff))
			a.landSector(sector(states.MapOffset), make([]byte, SectorSize))
		}, "I10: a: sector 0: extent 0 was cleared, but the sector is not durable on b"},
		{"clearing a bit over what is equal and durable", func(p *Pair, a, b *Platter) {
			for _, d := range []*Platter{a, b} {
				d.landSector(sector(p.Record.LocalOff), x)
				d.settle(sector(p.Record.LocalOff))
			}
			a.landSector(sector(states.MapOffset), make([]byte, SectorSize))
		}, ""},
		{"a write of the primary under the other one's bit", func(p *Pair, a, b *Platter) {
			b.Put(states.MapOffset, []byte{2})
			p.Client.door = &door{boot: &boot{machine: p.A}}
			a.landSector(sector(p.Record.LocalOff+extent), x)
		}, "I9"},
		{"the same once more, under the other one's bit", func(p *Pair, a, b *Platter) {
			b.Put(states.MapOffset, []byte{2})
			a.landSector(sector(p.Record.LocalOff+extent), x)
			p.Client.door = &door{boot: &boot{machine: p.A}}
			a.landSector(sector(p.Record.LocalOff+extent), x)
		}, ""},
		{"a write behind the data", func(p *Pair, a, b *Platter) {
			p.Record.DataSize = 4096
			guardPair(p.World, p.Client, p.Record, a, b)
			a.guard.paired = true
			a.landSector(sector(p.Record.LocalOff+4096), x)
		}, "behind the data area"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := NewPair(PairSpec{Extent: extent})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(p.World.Close)
			a, b := p.Disk(p.A), p.Disk(p.B)
			copy(b.written, a.written)
			copy(b.durable, a.durable)
			paired := p.Record
			paired.ResUID = 7
			block, err := wire.EncodeMetadata(&paired)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range []*Platter{a, b} {
				d.Put(0, block)
				d.landSector(0, block[:SectorSize])
			}
			for _, s := range p.Client.ghost.sides {
				s.readPapers()
			}
			if !a.guard.paired {
				t.Fatal("the guard doesn't see that the components are a pair")
			}
			a.Put(states.MapOffset, []byte{1})
			tt.run(p, a, b)
			got := text(p.World.Violations())
			if (tt.want == "") != (got == "") || !strings.Contains(got, tt.want) {
				t.Errorf("violations: %q, want %q", got, tt.want)
			}
		})
	}
}

// text is one line per violation.
func text(list []Violation) string {
	var lines []string
	for _, v := range list {
		lines = append(lines, v.String())
	}
	return strings.Join(lines, "\n")
}
