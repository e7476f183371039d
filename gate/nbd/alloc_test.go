package nbd

import (
	"io"
	"testing"
)

// In steady state the server allocates nothing per request: what it needs was allocated with the slot.
func TestNoAllocations(t *testing.T) {
	for name, c := range map[string]struct {
		typ            uint16
		payload, reply int
	}{
		"read":  {cmdRead, 0, 4096},
		"write": {cmdWrite, 4096, 0},
		"flush": {cmdFlush, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			g, _, socket := newGate(t, 1<<20, 4)
			g.forget()
			nc := dialRaw(t, socket)
			length := uint32(c.payload + c.reply)
			request := append(rawRequest(c.typ, 0, 1, 0, length), make([]byte, c.payload)...)
			reply := make([]byte, replySize+c.reply)
			got := testing.AllocsPerRun(500, func() {
				if _, err := nc.Write(request); err != nil {
					t.Error(err)
				}
				if _, err := io.ReadFull(nc, reply); err != nil {
					t.Error(err)
				}
			})
			if got >= 1 {
				t.Errorf("%v allocations a request", got)
			}
		})
	}
}
