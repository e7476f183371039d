package simulation

import (
	"strconv"
	"time"

	"hast/states"
	"hast/wire"
)

// outsiderAddr is where third parties come from.
const outsiderAddr = "10.66.6.6"

// Intrude lets a third party connect to a machine's port and say something; after a few seconds it hangs
// up. With spoof it comes from that machine's address instead of its own, which only a network without
// authentication allows (X10). It reports whether anybody listened.
func (w *World) Intrude(m *Machine, port uint16, spoof *Machine, say []byte) bool {
	l := m.listening(port)
	if l == nil || !m.on || m.asleep {
		return false
	}
	out := &Machine{world: w, name: "outsider", addr: outsiderAddr, on: true}
	if spoof != nil {
		out.addr = spoof.addr
	}
	b := &boot{world: w, machine: out, name: out.name}
	w.trace.add(w.now, m.name, "a third party connects from", out.addr)
	w.effect(FaultStranger)
	w.fabric.port++
	x, _ := newPair(b, l.boot,
		"tcp4://"+out.addr+":"+strconv.Itoa(w.fabric.port),
		"tcp4://"+m.addr+":"+strconv.Itoa(int(port)))
	x.out.launch(packet{open: true})
	x.out.socket.push(say)
	x.out.push()
	w.after(between(w.chance.network, time.Second, 10*time.Second), nil, func() { x.finish(nil) })
	return true
}

// Hello is the first message of a primary of the original for a resource, as bytes.
func Hello(resource string) []byte {
	f := wire.OutFrame{Version: 1}
	f.NV = wire.AppendHello1(f.Scratch[:0], &wire.Hello1{Resource: resource, Version: 2})
	return frameBytes(&f)
}

// HelloAgain is the second message of such a primary, with a token that it made up.
func HelloAgain(resource string, token byte) []byte {
	h := wire.Hello2{Resource: resource, ResUID: 1, LocalCnt: 9}
	for i := range h.Token {
		h.Token[i] = token
	}
	f := wire.OutFrame{Version: 2}
	f.NV = wire.AppendHello2(f.Scratch[:0], &h)
	return frameBytes(&f)
}

func frameBytes(f *wire.OutFrame) []byte {
	var e wire.Encoder
	f.Compression, f.Checksum = states.CompressionNone, states.ChecksumNone
	head, body, err := e.AppendHead(nil, f)
	if err != nil {
		panic("simulation: a hello that can't be encoded: " + err.Error())
	}
	return append(head, body...)
}
