package cmd_test

import (
	"bufio"
	"net"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"hast/wire"
)

// refuser ADDRESS REASON: listens there, until the script ends, as a secondary that refuses every second
// hello with that reason. It closes the second connection well before it sends the reason on the first
// one: the two are not in order.
func refuser(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, 2, "refuser address reason")
	l, err := net.Listen("tcp", args[0])
	ts.Check(err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			one, err := l.Accept()
			if err != nil {
				return
			}
			refuse(l, one, args[1])
			one.Close()
		}
	}()
	ts.Defer(func() {
		l.Close()
		<-done
	})
}

// refuse goes through one handshake. What fails in it ends it: the other side sees that.
func refuse(l net.Listener, one net.Conn, reason string) {
	_ = one.SetDeadline(time.Now().Add(patience))
	in := bufio.NewReader(one)
	if _, err := wire.NewDecoder(wire.Limits{}).ReadFrame(in); err != nil {
		return
	}
	_, _ = one.Write(frame(wire.AppendHello1Reply(nil, &wire.Hello1Reply{Version: wire.ProtocolVersion, Token: wire.Token{1}}), nil))
	two, err := l.Accept()
	if err != nil {
		return
	}
	_ = two.SetDeadline(time.Now().Add(patience))
	_, _ = wire.NewDecoder(wire.Limits{}).ReadFrame(bufio.NewReader(two))
	two.Close()
	// A primary that takes the end of the second connection for the end of all closes the first one now.
	_ = one.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	_, _ = in.Peek(1)
	_, _ = one.Write(frame(wire.AppendHello2Reply(nil, &wire.Hello2Reply{ErrMsg: reason}), nil))
}
