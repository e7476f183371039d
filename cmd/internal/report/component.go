package report

import "hast/states"

// Component is what dump --json tells of a component.
type Component struct {
	Resource   string `json:"resource"`
	Path       string `json:"path"`
	DataSize   uint64 `json:"datasize"`   // bytes
	ExtentSize uint32 `json:"extentsize"` // bytes
	KeepDirty  uint32 `json:"keepdirty"`  // extents
	LocalOff   uint64 `json:"localoff"`   // bytes
	ResUID     uint64 `json:"resuid"`
	LocalCnt   uint64 `json:"localcnt"`
	RemoteCnt  uint64 `json:"remotecnt"`
	PrevRole   string `json:"prevrole"`
	Error      string `json:"error,omitempty"`

	Extras *Extras     `json:"extras,omitempty"`
	Copies *CopyReport `json:"copies,omitempty"`
}

// Extras is what FreeBSD's metadata has no field for; see states.Record.
type Extras struct {
	Unfit       string `json:"fitness"`
	LastSession uint64 `json:"lastsession"`
	TrySession  uint64 `json:"trysession"`
	Unclean     uint8  `json:"unclean"` // bits
	Boot        string `json:"boot"`
	WasPrimary  bool   `json:"wasprimary"`
	Branch      bool   `json:"branch"`
	Zeroed      bool   `json:"zeroed"`
	Term        uint64 `json:"term"`
	InSync      uint8  `json:"insync"` // bits
	Bad         []Run  `json:"bad"`
}

// Run is a run of extents.
type Run struct {
	First uint64 `json:"first"`
	Count uint64 `json:"count"`
}

// CopyReport tells of the places that hold the record.
type CopyReport struct {
	Foreign bool        `json:"foreign"` // another implementation wrote last: only its fields count
	Places  []CopyPlace `json:"places"`
}

// CopyPlace is one of them.
type CopyPlace struct {
	Place  string `json:"place"`  // block, or copy 1, copy 2
	Offset uint64 `json:"offset"` // bytes
	State  string `json:"state"`  // good, blank, unreadable, torn, ...; absent if the layout has none
	Number uint64 `json:"number"` // of the write; 0 if there is none
	Why    string `json:"why,omitempty"`
}

// NewComponent describes the record of the component at path.
func NewComponent(path string, r *states.Record) Component {
	extras := &Extras{
		Unfit: r.Unfit.String(), LastSession: r.LastSession, TrySession: r.TrySession, Unclean: uint8(r.Unclean), Boot: r.Boot,
		WasPrimary: r.WasPrimary, Branch: r.Branch, Zeroed: r.Zeroed, Term: r.Term, InSync: r.InSync, Bad: []Run{},
	}
	r.Bad.ForEach(func(first, count uint64) { extras.Bad = append(extras.Bad, Run{first, count}) })
	return Component{
		Resource: r.Resource, Path: path,
		DataSize: r.DataSize, ExtentSize: r.ExtentSize, KeepDirty: r.KeepDirty, LocalOff: r.LocalOff,
		ResUID: r.ResUID, LocalCnt: r.LocalCnt, RemoteCnt: r.RemoteCnt, PrevRole: r.PrevRole.String(),
		Extras: extras,
	}
}

// WithCopies adds what was found in each place; the slots begin at offs, in bytes.
func (c Component) WithCopies(found *states.Stored, offs [states.CopySlots]uint64, chosen *states.Chosen) Component {
	report := &CopyReport{Foreign: chosen.Foreign}
	add := func(place string, off uint64, s *states.StoredCopy) {
		report.Places = append(report.Places, CopyPlace{place, off, s.State.String(), s.Number, s.Why})
	}
	add("block", 0, &found.Block)
	for i, name := range [states.CopySlots]string{"copy 1", "copy 2"} {
		add(name, offs[i], &found.Slots[i])
	}
	c.Copies = report
	return c
}
