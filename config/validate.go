package config

import "path"

// checkLength refuses a text that the original's buffers would not take.
func (r *rule) checkLength(s Statement) error {
	if r.maxBytes == 0 || len(s.Text) <= r.maxBytes {
		return nil
	}
	return errorAt(s.Pos, "%s is too long. It has %d bytes, shorten it to at most %d.", r.what, len(s.Text), r.maxBytes)
}

// checkGlobals checks control and pidfile where they were configured.
func (c *Config) checkGlobals(file Pos, levels ...level) error {
	for _, word := range []string{"control", "pidfile"} {
		s, ok := find(word, levels...)
		if !ok {
			continue
		}
		r, _ := findRule(word, false)
		if err := r.checkLength(s); err != nil {
			return err
		}
	}
	a, err := ParseAddress(c.Control)
	if err == nil && a.Proto == ProtoUnix {
		return nil
	}
	at := file
	if s, ok := find("control", levels...); ok {
		at = s.Pos
	}
	if err != nil {
		return errorAt(at, "control: %v; hastctl's socket is given as /path or uds:///path", err)
	}
	return errorAt(at, "control: %s is not a unix socket; hastctl's socket is given as /path or uds:///path", quote(c.Control))
}

// addListen takes over the listen lines, or the default. A peer is known by its IP address, so that a
// unix socket could never let one in: such a line is accepted as the original does, and left out.
func (c *Config) addListen(lines []Statement) error {
	if len(lines) == 0 {
		c.Listen, c.ListenDefault = DefaultListen(), true
		return nil
	}
	r, _ := findRule("listen", false)
	seen := map[string]bool{}
	for _, s := range lines {
		if err := r.checkLength(s); err != nil {
			return err
		}
		a, err := ParseAddress(s.Text)
		switch {
		case err != nil:
			return errorAt(s.Pos, "listen: %v", err)
		case a.Proto == ProtoUnix:
			c.Warnings = append(c.Warnings, Warning{s.Pos, "listen: no peer can connect to a unix socket, " + quote(s.Text) + " is left out"})
		case seen[s.Text]:
			c.Warnings = append(c.Warnings, Warning{s.Pos, "listen: " + quote(s.Text) + " was given before, this line is left out"})
		default:
			seen[s.Text] = true
			c.Listen = append(c.Listen, s.Text)
		}
	}
	if len(c.Listen) == 0 {
		return errorAt(lines[0].Pos, "No address to listen on. Give one as in: listen %s", DefaultListen()[0])
	}
	return nil
}

// check refuses what cannot work. The node level has the places of remote and source, which are
// allowed nowhere else.
func (r *Resource) check(node level) error {
	if r.Remote == "" {
		return errorAt(r.Pos, "Remote address not configured for resource %s. Add \"remote\" with the peer's address, or \"remote none\", to this node's section.", r.Name)
	}
	if r.Local == "" {
		return errorAt(r.Pos, "Path to local component not configured for resource %s. Add \"local\" with its path to the resource or to this node's section.", r.Name)
	}
	if !r.RemoteNone {
		a, err := ParseAddress(r.Remote)
		if err != nil {
			return errorAt(node["remote"].Pos, "remote of resource %s: %v", r.Name, err)
		}
		if a.Proto == ProtoUnix || a.Port == 0 {
			return errorAt(node["remote"].Pos, "remote of resource %s: %s is no address to connect to; give a host and a port above 0, or none", r.Name, quote(r.Remote))
		}
	}
	if r.Source != "" {
		a, err := ParseSource(r.Source)
		if err != nil {
			return errorAt(node["source"].Pos, "source of resource %s: %v", r.Name, err)
		}
		if a.Proto == ProtoUnix {
			return errorAt(node["source"].Pos, "source of resource %s: %s is a unix socket; give a host of this node", r.Name, quote(r.Source))
		}
	}
	return nil
}

// checkDistinct refuses two resources that would meet at one disk, one device or one socket.
func (c *Config) checkDistinct() error {
	for _, d := range []struct {
		what, advice string
		key          func(*Resource) string
	}{
		{"the local component", "local", func(r *Resource) string { return path.Clean(r.Local) }},
		{"the provider", "name", func(r *Resource) string { return r.Provider }},
		{"the NBD socket", ownPrefix + " nbd", func(r *Resource) string {
			if r.NBDSocket == "" {
				return ""
			}
			return path.Clean(r.NBDSocket)
		}},
	} {
		owners := map[string]*Resource{}
		for i := range c.Resources {
			r := &c.Resources[i]
			key := d.key(r)
			if first, taken := owners[key]; taken && key != "" {
				return errorAt(r.Pos, "resource %s has %s %s on this node, which resource %s at %s has already; change \"%s\" in one of them",
					r.Name, d.what, quote(key), first.Name, first.Pos, d.advice)
			}
			owners[key] = r
		}
	}
	return nil
}
