package control

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"time"

	"hast/wire"
)

// ErrConnect is wrapped by a Call's error if there was no connection, as opposed to no answer.
var ErrConnect = errors.New("no connection to hastd")

// dialTimeout bounds the connection to a socket of this machine.
const dialTimeout = 10 * time.Second

// Call sends a request to the hastd that listens at path and waits up to timeout for its reply. The
// reply's own Error is the caller's to look at.
func Call(path string, req wire.ControlRequest, timeout time.Duration) (wire.ControlReply, error) {
	conn, err := net.DialTimeout("unix", path, dialTimeout)
	if err != nil {
		return wire.ControlReply{}, fmt.Errorf("%w at %s: %w", ErrConnect, path, cause(err))
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(timeout)); err != nil {
		return wire.ControlReply{}, err
	}
	if err := send(conn, wire.AppendControlRequest(nil, &req), timeout); err != nil {
		return wire.ControlReply{}, fmt.Errorf("control request at %s: %w", path, cause(err))
	}
	dec := wire.NewDecoder(wire.Limits{MaxNV: wire.MaxControlNV})
	frame, err := dec.ReadFrame(bufio.NewReader(conn))
	if err != nil {
		var late net.Error
		if errors.As(err, &late) && late.Timeout() {
			return wire.ControlReply{}, fmt.Errorf("hastd at %s gave no answer in %v; it may still do what it was asked for", path, timeout)
		}
		return wire.ControlReply{}, fmt.Errorf("answer of hastd at %s: %w", path, err)
	}
	defer frame.Release()
	return wire.DecodeControlReply(frame.NV)
}
