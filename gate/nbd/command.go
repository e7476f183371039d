package nbd

import (
	"encoding/binary"
	"sync/atomic"

	"hast/actors"
	"hast/states"
)

// command is a client's request while it is under way, in one part or cut into several. It is answered
// when all parts are.
type command struct {
	conn   *conn
	op     states.Op
	cookie uint64
	data   []byte // what the reply to a read carries
	slot   *slot  // where data is, for a command of one part
	mem    []byte // where data is, for a read that was cut; lent by the door's assembly

	left    atomic.Int32 // parts not yet answered
	holds   atomic.Int32 // who keeps mem: the parts until they are released, and the reply
	aborted atomic.Bool  // the client was lost before its payload was complete; nobody hears the answer
	err     error        // of the first part that failed; it belongs to turns
	others  []other      // parts whose data came in another buffer; they belong to turns
}

// other is the data of a part in a buffer that isn't the given one.
type other struct {
	at   int64
	data []byte
}

// collect looks whether a read's data came in the buffer that was given for it. A component that the gate
// has given up may still write into that one, so the reply must not be made of it.
func (cmd *command) collect(s *slot) {
	r := &s.req
	if r.Op == states.OpRead && r.Err == nil && len(r.Buf) > 0 && &r.Buf[0] != &s.given[0] {
		cmd.others = append(cmd.others, other{s.at, r.Buf})
	}
}

// answered takes part's answer. It is called in turns.
func (cmd *command) answered(err error) {
	if err != nil && cmd.err == nil {
		cmd.err = err
	}
	if cmd.left.Add(-1) == 0 {
		cmd.finish()
	}
}

// abort gives up the parts that were not sent, parts of them, and with them the whole.
func (cmd *command) abort(parts int32) {
	cmd.aborted.Store(true)
	cmd.holds.Add(1 - parts) // the reply's is dropped by finish; one more until that is certain
	if cmd.left.Add(-parts) == 0 {
		cmd.finish()
	}
	cmd.drop()
}

// finish puts the reply on its way. Whatever it drops may be used for another request from then on.
func (cmd *command) finish() {
	c := cmd.conn
	c.door.settled()
	errno := errnoOf(cmd.err)
	r := reply{slot: cmd.slot}
	if cmd.mem != nil {
		r.cmd = cmd
	}
	if cmd.aborted.Load() {
		c.done(&r)
		return
	}
	r.head = replyHead(errno, cmd.cookie)
	if cmd.op == states.OpRead && errno == 0 {
		r.data = cmd.data
		if len(cmd.others) > 0 {
			r.data = append([]byte(nil), cmd.data...)
			for _, o := range cmd.others {
				copy(r.data[o.at:], o.data)
			}
		}
	} else {
		r.drop()
	}
	c.out.push(r)
}

// drop ends a hold on mem.
func (cmd *command) drop() {
	if cmd.mem != nil && cmd.holds.Add(-1) == 0 {
		cmd.conn.door.assembly.give(cmd.mem)
	}
}

// replyHead is a simple reply without its data.
func replyHead(errno Errno, cookie uint64) (head [replySize]byte) {
	binary.BigEndian.PutUint32(head[:], magicSimple)
	binary.BigEndian.PutUint32(head[4:], uint32(errno))
	binary.BigEndian.PutUint64(head[8:], cookie)
	return head
}

// partSize is how many bytes of a command one request takes, at most.
func partSize(op states.Op) int64 {
	if op == states.OpRead || op == states.OpWrite {
		return actors.MaxRequest
	}
	return actors.MaxRange
}
