package config

import (
	"strconv"
	"strings"
)

// Node holds the names by which "on" sections may mean this node. Parts that are not known stay zero
// and match nothing.
type Node struct {
	// Host is the full host name.
	Host string
	// HostUUID is FreeBSD's kern.hostuuid or what stands for it elsewhere.
	HostUUID string
	// HostID is FreeBSD's kern.hostid; 0 says that there is none.
	HostID uint64
}

// Names lists the names that an "on" section may use for the node, in the original's order: short
// name, full name, uuid, hostid with its number. No name is listed twice.
func (n Node) Names() []string {
	var names []string
	short, _, dotted := strings.Cut(n.Host, ".")
	if dotted && short != "" {
		names = append(names, short)
	}
	for _, name := range []string{n.Host, n.HostUUID, n.hostID()} {
		if name != "" {
			names = append(names, name)
		}
	}
	return names
}

// Matches reports whether an "on" section of that name is meant for the node. Host names are compared
// as they are; a UUID is a number, so that the case of its digits does not matter.
func (n Node) Matches(name string) bool {
	if name == "" {
		return false
	}
	short, _, _ := strings.Cut(n.Host, ".")
	return name == n.Host || name == short || strings.EqualFold(name, n.HostUUID) || name == n.hostID()
}

func (n Node) hostID() string {
	if n.HostID == 0 {
		return ""
	}
	return "hostid" + strconv.FormatUint(n.HostID, 10)
}
