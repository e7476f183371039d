package wire

import (
	"fmt"
	"strconv"

	"hast/states"
)

// ControlCmd is a command of the control socket (hast-protocol 10.6). Request and reply are one frame
// each, of version 2 and without a payload.
type ControlCmd uint8

// The commands. hastctl's list and status both send ControlStatus.
const (
	ControlSetRole ControlCmd = 1
	ControlStatus  ControlCmd = 2
	// ControlResolve is ours: it ends the split-brain of one resource.
	ControlResolve ControlCmd = 32
)

// The error codes of the control socket (EHAST_…), which hastctl exits with.
const (
	ControlOK            int16 = 0
	ControlNoEntry       int16 = 1 // no such resource
	ControlInvalid       int16 = 2 // the request makes no sense, or cannot be done
	ControlNoMemory      int16 = 3
	ControlUnimplemented int16 = 4 // unknown command
)

// ControlAll as the first resource of a request stands for all of them.
const ControlAll = "all"

// Names of the fields of control messages. Those of a resource end in its index, from 0.
const (
	fieldRole  = "role"
	fieldForce = "x_force"
	fieldHow   = "x_resolve"

	keyResource = "resource"
	keyError    = "error"
	keyErrMsg   = "errmsg"
	keyRole     = "role"
	keyJSON     = "x_json"
)

// ControlRequest is what hastctl asks.
type ControlRequest struct {
	Cmd ControlCmd
	// Role is the role to take, for ControlSetRole.
	Role states.Role
	// Force is ours: go on where a role change would be refused for the data's sake.
	Force bool
	// How is whose changes survive, for ControlResolve.
	How states.Resolution
	// Resources are names, or ControlAll alone.
	Resources []string
}

// AppendControlRequest encodes r, the fields in the order in which hastctl sends them.
func AppendControlRequest(dst []byte, r *ControlRequest) []byte {
	dst = AppendU8(dst, fieldCmd, uint8(r.Cmd))
	if r.Cmd == ControlSetRole {
		dst = AppendU8(dst, fieldRole, uint8(r.Role))
	}
	for i, name := range r.Resources {
		dst = AppendStr(dst, indexed(keyResource, i), name)
	}
	if r.Force {
		dst = AppendU8(dst, fieldForce, 1)
	}
	if r.Cmd == ControlResolve {
		dst = AppendU8(dst, fieldHow, uint8(r.How))
	}
	return dst
}

// DecodeControlRequest reads a request. The fields may come in any order (bsnmpd's differs from
// hastctl's). Unknown commands and roles are left to the caller, which has an answer for them; so is an
// empty list of resources.
func DecodeControlRequest(nv NV) (ControlRequest, error) {
	r := fieldReader{nv: nv}
	req := ControlRequest{Cmd: ControlCmd(r.u8(fieldCmd))}
	if req.Cmd == ControlSetRole {
		req.Role = states.Role(r.u8(fieldRole))
	}
	if v, ok := nv.U8(fieldForce); ok {
		req.Force = v != 0
	}
	if req.Cmd == ControlResolve {
		req.How = states.Resolution(r.u8(fieldHow))
	}
	names := make([]string, indexCount(nv, keyResource))
	seen := make([]bool, len(names))
	nv.Each(func(name []byte, typ byte, data []byte) bool {
		key, i, ok := splitIndex(name)
		if !ok || string(key) != keyResource || i >= len(names) || seen[i] {
			return true
		}
		seen[i] = true
		if typ != TypeStr {
			r.reject(string(name), "has another type than string")
			return false
		}
		names[i] = string(data[:len(data)-1])
		return true
	})
	for i, name := range names {
		if !seen[i] {
			names = names[:i]
			break
		}
		if len(name) > MaxResource {
			r.reject(indexed(keyResource, i), fmt.Sprintf("is longer than %d bytes", MaxResource))
		}
	}
	if len(names) > 0 {
		req.Resources = names
	}
	return req, wrap("control request", r.err)
}

// indexed is the name of a field of resource i.
func indexed(key string, i int) string { return key + strconv.Itoa(i) }

// splitIndex cuts the decimal index off the name of a field. Indexes as we and the original write them
// have no leading zeroes.
func splitIndex(name []byte) (key []byte, index int, ok bool) {
	at := len(name)
	for at > 0 && name[at-1] >= '0' && name[at-1] <= '9' {
		at--
	}
	digits := name[at:]
	if len(digits) == 0 || len(digits) > 7 || len(digits) > 1 && digits[0] == '0' {
		return name, 0, false
	}
	for _, c := range digits {
		index = index*10 + int(c-'0')
	}
	return name[:at], index, true
}

// indexCount is how many elements are called key with an index: more resources a message cannot hold,
// whatever the indexes say.
func indexCount(nv NV, key string) int {
	n := 0
	nv.Each(func(name []byte, _ byte, _ []byte) bool {
		if k, _, ok := splitIndex(name); ok && string(k) == key {
			n++
		}
		return true
	})
	return n
}
