package actors

import "hast/states"

// Claims is what the answer to a request promises (correctness 1), for whoever holds answers against the
// components: written says where the data of a change is, durable who had flushed when a flush or a durable
// write was answered. Both are states.ClaimNone where they don't apply; they mean nothing with an error.
func (r *Request) Claims() (written, durable states.Claim) {
	return r.flow.claim, r.flow.durable
}
