package actors

import (
	"hast/states"
	"hast/states/activemap"
	"hast/wire"
)

// A primary whose component is gone asks its secondary to count in its stead (x_raise): to flush, to take
// the primary's map into its own, and to raise its counter, durably. From then on it marks extents as dirty
// before it changes them, and clears none (rule raise-maps), because no other map tells any more what has
// changed.

// raise is a secondary's part in that.
type raise struct {
	req   *served   // the primary's request while map and record are being written
	on    bool      // extents are marked before they are changed
	order uint64    // of the request: a fit that came before it says nothing about what came after
	image []byte    // the map as it is being written
	wait  []*served // changes that wait for the map
}

// ownMapBlock is the part of a map that is written at once, in bytes.
const ownMapBlock = 4096

// mayRaise reports whether this copy can stand in for the primary's.
func (s *secondary) mayRaise() bool {
	_, ok := states.RaisedForPeer(s.rec)
	return ok && s.raise.req == nil && s.stand.lagKnown && !s.stand.lag.Any()
}

// onRaise goes on with the primary's request: what it had sent before is flushed by now.
func (s *secondary) onRaise(r *served) {
	if s.raise.req != nil { // both were flushed at once, which no primary of ours asks for; one that is forgotten would never end
		r.err, r.kept = wire.EPERM, true
		s.finish(r)
		return
	}
	s.raise.req = r
	s.saveRaise()
}

// saveRaise writes the joined map, once nothing else is being written; the record follows.
func (s *secondary) saveRaise() {
	r := s.raise.req
	if r == nil || s.saving != saveIdle {
		return
	}
	if r.session != s.session {
		s.raise.req = nil
		s.finish(r)
		return
	}
	image := append([]byte(nil), s.image...)
	for i, b := range r.frame.Payload {
		if i < len(image) {
			image[i] |= b
		}
	}
	s.cleared = true // a map that isn't cleared yet stays
	s.saveOwnMap(image, saveRaiseMap)
}

// saveOwnMap writes the blocks of the own map in which an image differs.
func (s *secondary) saveOwnMap(image []byte, use saveUse) {
	var runs []activemap.Run
	for at := 0; at < len(image); at += ownMapBlock {
		block := image[at:min(at+ownMapBlock, len(image))]
		if string(block) != string(s.image[at:at+len(block)]) {
			runs = append(runs, activemap.Run{Off: uint64(at), Data: block})
		}
	}
	s.raise.image, s.saving = image, use
	s.stats.MapUpdates++
	s.tell(s.res.localdisk, &saveMap{to: s.self, tag: s.session, runs: runs})
}

func (s *secondary) onRaiseMapSaved(err error) {
	rec, ok := states.RaisedForPeer(s.rec)
	switch {
	case err == nil && !ok:
		err = wire.EPERM
	case err == nil:
		copy(s.image, s.raise.image)
		s.saveRecord(rec, saveRaiseRecord)
		return
	}
	s.raised(err)
}

// raised answers the primary, which from an ok on serves from this copy alone.
func (s *secondary) raised(err error) {
	r := s.raise.req
	s.raise.req = nil
	r.err = err
	// It could not count in the primary's stead, but has flushed all that it has taken in: nothing is lost with a flush
	// that fails now, and this copy may be the only good one.
	r.kept = s.order == r.order
	if err == nil {
		s.raise.on, s.raise.order = true, r.order
		s.log.Warn("The primary's component has failed: this node counts and maps in its stead.", "localcnt", s.rec.LocalCnt)
	}
	s.finish(r)
}

// unmapped reports that a change has to wait until its extents are dirty in the own map.
func (s *secondary) unmapped(r *served) bool {
	if !s.raise.on || !r.cmd.Changes() || s.marks(s.image, r, false) {
		return false
	}
	s.raise.wait = append(s.raise.wait, r)
	s.mapChanges()
	return true
}

// marks reports whether all extents of a change are dirty in an image; if it may, it makes them so.
func (s *secondary) marks(image []byte, r *served, may bool) bool {
	extent := int64(s.rec.ExtentSize)
	for e := r.off / extent; e <= (r.off+r.n-1)/extent; e++ {
		if may {
			image[e/8] |= 1 << (e % 8)
		} else if image[e/8]>>(e%8)&1 == 0 {
			return false
		}
	}
	return true
}

// mapChanges marks the extents of all changes that wait.
func (s *secondary) mapChanges() {
	if len(s.raise.wait) == 0 || s.saving != saveIdle {
		return
	}
	image := append([]byte(nil), s.image...)
	for _, r := range s.raise.wait {
		s.marks(image, r, true)
	}
	s.saveOwnMap(image, saveOwn)
}

// onChangesMapped lets those go whose extents are dirty now. Without the map there is no change (I9).
func (s *secondary) onChangesMapped(err error) {
	if err == nil {
		copy(s.image, s.raise.image)
	}
	wait := s.raise.wait
	s.raise.wait = nil
	for _, r := range wait {
		switch {
		case err != nil:
			r.err = err
			s.onServed(r)
		case s.marks(s.image, r, false):
			s.toDisk(r)
		default:
			s.raise.wait = append(s.raise.wait, r) // came while the map was being written
		}
	}
}
