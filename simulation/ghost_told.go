package simulation

import "hast/states"

// Who knows that it is behind (I17). A secondary decides a verdict before it says anything, and its record says what
// follows before it replies; the primary decides the same from the reply, and its record says so before the session.
// So a verdict is first what one process knows, and dies with it; a secondary owes to know it durably once its primary
// has decided, too, and a primary once both are sure of the session. A primary that never got the reply knows nothing.

// learns is when the node of a role has decided a verdict that is neither refused nor of a fresh component.
func (g *ghost) learns(role states.Role, p, s *side) {
	if role == states.RoleSecondary {
		s.heard = s.heard || s.behind(p)
		return
	}
	p.doubtTold()
	s.doubtTold()
	p.heard = p.heard || p.behind(s)
	s.told = s.told || s.behind(p)
}

// knowsBehind reports whether a side's node must know that it is behind.
func (s *side) knowsBehind() bool { return s.heard || s.told }
