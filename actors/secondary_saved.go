package actors

import (
	"hast/states"
	"hast/wire"
)

type saveUse uint8

const (
	saveIdle saveUse = iota
	saveFresh
	saveMarks
	saveClear
	saveMark
	saveReceived
	saveMixed
	saveStop
	saveFitMark
	saveResolve
	saveRaiseMap
	saveRaiseRecord
	saveOwn
	saveFlush // no record, but the flush of a handshake
)

func (s *secondary) saveRecord(rec states.Record, use saveUse) {
	s.saving = use
	rec.PrevRole = states.RoleSecondary
	s.stats.MetadataWrites++
	s.tell(s.res.localdisk, &saveRecord{to: s.self, tag: s.session, rec: rec})
}

func (s *secondary) onMapSaved(m *mapSaved) {
	use := s.saving
	switch use {
	case saveFresh:
		if m.err == nil {
			for i := range s.image {
				s.image[i] = 0xff
			}
		}
		if m.err != nil || s.next == nil || s.next != s.savedFor {
			s.saving = saveIdle
			s.giveUp(m.err)
			return
		}
		rec := states.Adopted(s.rec, s.peer)
		if s.next.caps&wire.CapMarks == 0 {
			// A stock primary wants to see zeroes. That the copy has ended its next hello says, by equal
			// counters; until then this copy is none.
			rec.LocalCnt, rec.RemoteCnt = 0, 0
			s.saveRecord(rec, saveFresh)
			return
		}
		s.saving = saveIdle
		s.adoptFresh(s.next)
	case saveRaiseMap:
		s.saving = saveIdle
		s.onRaiseMapSaved(m.err)
		s.saved()
	case saveOwn:
		s.saving = saveIdle
		s.onChangesMapped(m.err)
		s.saved()
	case saveClear:
		s.saving = saveIdle
		if m.err == nil {
			clear(s.image)
			s.log.Debug("Local activemap cleared.")
		} else {
			// Of a flush that failed nobody knows what it lost: all of this session's changes may be
			// (I38). The primary copies them again.
			s.stand.lacking()
			s.endSession("the activemap can't be cleared: " + m.err.Error())
		}
		s.saved()
	}
}

func (s *secondary) onRecordSaved(m *recordSaved) {
	use := s.saving
	s.saving = saveIdle
	if m.err == nil {
		s.rec = m.rec
	}
	switch use {
	case saveFresh, saveMarks:
		if m.err != nil || s.next == nil || s.next != s.savedFor {
			s.giveUp(m.err)
			return
		}
		s.begin(s.next)
	case saveMark:
		s.onMarkSaved(m.err)
	case saveReceived:
		if m.err != nil {
			s.endSession("what was received can't be recorded: " + m.err.Error())
		}
	case saveMixed:
		if m.err != nil {
			s.endSession("that this copy is being overwritten can't be recorded: " + m.err.Error())
		}
	case saveFitMark:
		f := s.fit
		s.fit = nil
		if m.err != nil {
			f.err = m.err
		} else {
			if s.session == f.session && !s.failed {
				s.stand.whole()
				s.res.cache.Trust()
				s.ail = nil
			}
			s.tell(s.res.pid, &sidesEqual{own: states.CopyOf(&s.rec)})
		}
		s.finish(f)
		if f.err == nil && s.raise.on && f.order > s.raise.order && s.session == f.session {
			s.raise.on, s.cleared = false, false // the primary maps again
			s.clearMap()
		}
	case saveResolve:
		s.onResolveSaved(m.err)
	case saveRaiseRecord:
		s.raised(m.err)
	case saveStop:
		s.tell(s.res.pid, &settled{})
		return
	}
	s.saved()
}

// saved goes on with what waited while map or record were being written.
func (s *secondary) saved() {
	s.saveRaise()
	s.mapChanges()
	s.saveFit()
	s.resume()
	s.maybeHandshake()
	s.maybeSettled()
}

// giveUp ends a handshake for which nothing could be made durable.
func (s *secondary) giveUp(err error) {
	if n := s.next; n != nil && err != nil {
		s.next = nil
		s.reason = "the handshake's record can't be written: " + err.Error()
		n.conn1.Close()
		n.conn2.Close()
	}
	s.maybeHandshake()
	s.maybeSettled()
}
