package actors

import (
	"fmt"
	"slices"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/hashicorp/go-hclog"

	"hast/config"
	"hast/states"
	"hast/states/activemap"
	"hast/states/bitset"
	"hast/wire"
)

// gate is the order of all I/O of a primary: admission, overlapping ranges, the activemap, the counters,
// who gets which part, and the answer. Activemap, ranges and counters have no other owner in memory. Each
// rule that it applies is a function in states.
type gate struct {
	res  *resource
	log  hclog.Logger
	self *actor.PID
	cfg  config.Resource

	opened bool
	sector int
	rec    states.Record // as it is durable
	stand  *standing
	amap   *activemap.Map
	ranges states.Ranges
	all    reqList // everything admitted and not released
	// clients counts requests of clients that are not released, and notes that one came.
	clients struct {
		inside int
		came   bool
	}
	held   []*Request // wait for the counter, the map or a barrier, in order of arrival
	door   Door
	closed bool // no new request is let in
	drains bool
	// leaving: the device was withdrawn; nothing is read, written or raised any more (withdraw.go).
	leaving  bool
	outdated bool // the last verdict found the secondary ahead, and no session has come of it yet

	// The session, as the secondary has confirmed it; 0: alone.
	session uint64
	offered uint64 // attempt whose verdict is being made durable; 0: none
	hello   uint64 // attempt whose second hello carries our counters; 0: none
	reply   *peerReply
	peer    states.Copy // the secondary's counters, as told in this session
	caps    uint64
	// confirming is a session of which the secondary hasn't confirmed the mark: until then nothing is
	// done on its word, and new writes wait.
	confirming uint64
	met        bool // there was a session in this reign
	// sole are the extents that the secondary's record names as bad, in a session before the counters are equal.
	sole states.ExtentRuns
	// lk holds the extents of which the secondary lacks something answered, over all sessions of this
	// reign; lag those of them that it was told of in this session and that aren't copied yet.
	lk, lag  *bitset.Set
	urgent   []uint32 // extents that a client waits for to be copied
	lagWait  []*Request
	verdict  states.Verdict
	behind   bool // this primary lacks what the secondary has, until counters are equal
	forced   bool
	named    bool   // the session's record names all extents that are taken from the secondary (states.Taking)
	virgin   bool   // the identity was drawn in this reign, and nothing was paired with it yet
	shows    bool   // the reign's record is to be written, then the door opened
	served   bool   // something of this reign was answered
	plans    uint64 // how many sessions' plans were made: which copy is current where
	unsure   bool   // whether the peer has flushed what it got in earlier reigns isn't known
	seenPeer uint64
	isTarget bool

	raised     bool // in this alone period, durably
	raising    bool
	raisedOnce bool // in this reign
	settles    bool // the raise is for what the secondary lacks, in a handshake that found equal counters
	raiseTag   uint64
	wantSent   bool // the record shall say that some answers are for what was only sent
	sentErr    error
	raiseReady bool // flushed; the record may be written

	tail      int64  // bytes answered as sent and not confirmed
	late      bool   // some of them for longer than they may
	moving    int    // changes handed to the components and not settled
	syncFlush uint64 // session for which sync wants the next flush turn
	drained   bool   // the last flush of a demotion ended
	drainErr  error

	mapBusy bool // a write of the map is under way
	// mergeLeft is how many writes of the map must end before the merged one is durable.
	mergeLeft int
	mapWrite  activemap.Write
	mapCount  uint64 // writes of the map so far
	recBusy   recordUse
	doubtful  bool // the newest write of the record failed, and may be found at the next opening all the same

	flushWait []*Request
	flushing  *flushTurn
	barrier   bool // new writes wait: counters are about to be equal
	equal     equaliser

	copies    []*extentCopy
	chunks    []*chunk // idle ones
	cursor    uint32
	ail       ailing
	repairs   repairs
	dead      dead
	ticking   bool
	wroteTick bool // something was written since the last tick

	stats  Stats
	reason string // why there is no session
	remedy string
	// peerFails is what the secondary answered with an error, until both are in sync again.
	peerFails string
	// reasonAt is since when status has something to say.
	reasonAt time.Time
	peerIs   string
	noFlush  bool // the peer can't flush
}

// recordUse says what the record that is being saved is for: the gate saves one at a time.
type recordUse uint8

const (
	recIdle recordUse = iota
	recIdentity
	recRaise
	recSession
	recEqual
	recReign
	recSent
	recEnd
	recBad    // names extents that the own component failed
	recRegain // names those no more that it has again
	recDecide // the same record again, after one that failed
	recReturn // of a component that comes back: it isn't current
)

func newGate(r *resource) *gate {
	return &gate{res: r, log: r.log.With("role", states.RolePrimary), cfg: r.cfg}
}

func (g *gate) Receive(c actor.Context) {
	switch m := c.Message().(type) {
	case *Requests:
		g.onRequests(m)
	case *localDone:
		g.onLocal(m)
	case *remoteDone:
		g.onRemote(m)
	case *diskFlushed:
		g.onDiskFlushed(m)
	case *peerFlushed:
		g.onPeerFlushed(m)
	case *mapSaved:
		g.onMapSaved(m)
	case *recordSaved:
		g.onRecordSaved(m)
	case *copyNext:
		g.onCopyNext(m)
	case *flushBoth:
		g.onFlushBoth(m)
	case *equalise:
		g.onEqualise(m)
	case *gateTick:
		g.onTick()
	case *openGate:
		g.onOpen(m)
	case *wantCopy:
		g.onWantCopy(m)
	case *peerReply:
		g.onPeerReply(m)
	case *linkUp:
		g.onLinkUp(m)
	case *linkLost:
		g.onLinkLost(m)
	case *linkReturned:
		g.onLinkReturned(m)
	case *sessionDown:
		g.tell(g.res.pid, m)
	case *peerFitted:
		g.onPeerFitted(m)
	case *peerMarked:
		g.onPeerMarked(m)
	case *peerRaised:
		g.onPeerRaised(m)
	case *diskStuck:
		g.onStuck(m.err)
	case *LedgerWritten:
		g.onLedgerWritten(m)
	case *diskReopened:
		g.onReopened(m)
	case *showDevice:
		g.onShow()
	case *DoorOpened:
		g.onDoorOpened(m)
	case *drain:
		g.onDrain()
	case *insist:
		g.onInsist()
	case *DoorClosed:
		g.onDoorClosed()
	case *regate:
		g.cfg = m.cfg
	case *statusWalk:
		g.onStatus(m)
	case *actor.Started:
		g.self = c.Self()
	case *actor.Stopping:
		g.abandon()
	case *actor.Stopped, *actor.Restarting:
	default:
		panic(fmt.Sprintf("gate: unexpected %T", m))
	}
}

func (g *gate) tell(to *actor.PID, msg any) { g.res.h.Tell(to, msg) }

func (g *gate) owner() Owner { return Owner{PID: g.self, Exec: g.res.ex, Epoch: g.res.reign} }

// onOpen takes the component's state. What the map says is dirty is to be copied, either way.
func (g *gate) onOpen(m *openGate) {
	g.reasonAt = g.res.h.Clock.Wall()
	g.opened, g.rec, g.sector, g.forced, g.stand = true, m.rec, m.sector, m.forced, m.standing
	var err error
	if g.amap, err = activemap.New(m.rec.DataSize, m.rec.ExtentSize, m.rec.KeepDirty, m.rec.MapSize()); err == nil {
		err = g.amap.Load(m.image)
	}
	if err != nil {
		panic(fmt.Sprintf("gate: localdisk accepted a record that makes no map: %v", err))
	}
	if !m.forced {
		// Under force the operator wants this copy as it is, bad extents included.
		m.rec.Bad.ForEach(func(first, count uint64) {
			for e := first; e < first+count; e++ {
				g.amap.MarkBad(uint32(e))
			}
		})
	}
	g.lk, g.lag = bitset.New(g.amap.Extents()), bitset.New(g.amap.Extents())
	g.ail = newAiling(g.amap.Extents())
	g.ranges.ReadWaits, g.unsure = true, true
	g.recall()
	// What a former process wrote may be in the component's cache only, and a flush of it may yet fail (I38).
	g.amap.ForEachDirty(func(e uint32) { g.amap.MarkUnflushed(amapP, e) })
	g.startTick()
}

func (g *gate) alone() bool { return g.session == 0 }

// connected reports a session in which the peer knows our extensions.
func (g *gate) ours() bool { return g.caps&wire.CapExtensions != 0 }

// onShow makes durable that a reign begins, and then opens the door.
func (g *gate) onShow() {
	g.closed, g.drains = false, false
	g.shows = true
	g.saveReign()
}

// saveReign waits its turn with the record of a reign's beginning: an end that isn't clean is known by it.
func (g *gate) saveReign() {
	if !g.shows || g.recBusy != recIdle {
		return
	}
	g.shows = false
	g.saveRecord(g.stand.began(g.rec, g.res.h.Boot), recReign)
}

func (g *gate) onReign(err error) {
	if err != nil {
		g.tell(g.res.pid, &deviceShown{unrecorded: true, err: err})
		return
	}
	g.res.h.Doors.Open(g.owner(), DoorSpec{Resource: g.cfg.Name, Provider: g.cfg.Provider, Size: int64(g.rec.DataSize),
		Sector: g.sector, Socket: g.cfg.NBDSocket, Credits: doorCredits})
}

// doorCredits is how many requests of clients may be outstanding: the original's number.
const doorCredits = 256

func (g *gate) onDoorOpened(m *DoorOpened) {
	g.door = m.Door
	g.tell(g.res.pid, &deviceShown{door: m.Door, uri: m.URI, err: m.Err})
}

// onDrain lets nobody in any more; DoorClosed comes when all clients have their answers.
func (g *gate) onDrain() {
	g.drains = true
	if g.door == nil {
		g.onDoorClosed()
		return
	}
	g.door.Close()
}

func (g *gate) onDoorClosed() {
	g.door, g.closed = nil, true
	if !g.drains {
		g.tell(g.res.pid, &deviceGone{})
		return
	}
	g.maybeDrained()
}

// maybeDrained goes on with a demotion when nothing is outstanding any more: flush, then tell.
func (g *gate) maybeDrained() {
	if !g.drains || !g.closed || g.all.n > g.dead.lent || g.flushing != nil || g.dead.at == deadAsked {
		return
	}
	g.drains = false
	turn := g.startFlush(nil)
	turn.drains = true
}

// abandon is for the case that this actor falls: clients get no answer from it (never a wrong one).
func (g *gate) abandon() {
	if g.door != nil {
		g.door.Abandon()
		g.door = nil
	}
}

func (g *gate) onRequests(m *Requests) {
	for _, r := range m.Reqs {
		g.admit(r)
	}
}

// admit takes a request in. The door has checked its bounds; a request that breaks them is our bug.
func (g *gate) admit(r *Request) {
	if r.Off < 0 || r.Len < 0 || uint64(r.Off)+uint64(r.Len) > g.rec.DataSize {
		panic(fmt.Sprintf("gate: %s(%d, %d) is outside of the device", r.Op, r.Off, r.Len))
	}
	flow := &r.flow
	frame := flow.link.frame
	*flow = newFlow(r, g.cfg.Replication)
	flow.link.frame = frame
	r.Err = nil
	g.all.push(r)
	g.clients.inside++
	g.clients.came = true
	if g.leaving {
		g.fail(r, errWithdrawn)
		g.release(r)
		return
	}
	switch r.Op {
	case states.OpRead:
		g.stats.Reads++
		g.admitRead(r)
	case states.OpFlush:
		g.stats.Flushes++
		g.joinFlush(r)
	case states.OpWrite:
		g.stats.Writes++
		g.admitWrite(r)
	case states.OpDelete, states.OpZero:
		g.stats.Deletes++
		g.admitWrite(r)
	default:
		panic("gate: unknown request " + r.Op.String())
	}
}

// answer tells the client. It is the only place where a request gets its answer (I23).
func (g *gate) answer(r *Request, err error) {
	if r.flow.answered {
		panic("gate: request answered twice")
	}
	if r.flow.waits {
		// Something else settled it; the request may soon be another one.
		r.flow.waits = false
		if i := slices.Index(g.held, r); i >= 0 {
			g.held = slices.Delete(g.held, i, i+1)
		}
	}
	r.flow.answered, r.Err = true, err
	g.served = true
	if r.To != nil {
		r.To.Answered(r)
	}
}

// release gives the request back once nobody holds it.
func (g *gate) release(r *Request) {
	if r.flow.loaned {
		r.flow.at = atRelease
		return
	}
	if r.flow.lent {
		r.flow.at = atLent
		g.dead.lent++
		if g.drains {
			g.maybeDrained()
		}
		return
	}
	g.all.remove(r)
	if r.flow.copying != nil {
		g.chunks = append(g.chunks, r.flow.copying)
	} else {
		g.clients.inside--
		if r.To != nil {
			r.To.Released(r)
		}
	}
	if g.drains {
		g.maybeDrained()
	}
	if g.barrier {
		g.equal.step(g)
		g.returnOn()
	}
}

// fail counts and answers an error.
func (g *gate) fail(r *Request, err error) {
	switch r.Op {
	case states.OpRead:
		g.stats.ReadErrors++
	case states.OpFlush:
		g.stats.FlushErrors++
	case states.OpWrite:
		g.stats.WriteErrors++
	default:
		g.stats.DeleteErrors++
	}
	g.answer(r, err)
}
