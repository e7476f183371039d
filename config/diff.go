package config

import "hast/states"

// reloadKind is a column of hast-protocol.md §8.7: what a change of a setting asks for.
type reloadKind uint8

const (
	// reloadLive takes effect in a running primary. In the other roles nothing runs that it would
	// interrupt, and the resource is restarted.
	reloadLive reloadKind = iota
	// reloadRestart needs a new device or another disk, whatever the role.
	reloadRestart
)

// Action is what a reload does to a resource.
type Action uint8

// The actions.
const (
	// ActionKeep leaves the resource alone.
	ActionKeep Action = iota
	// ActionLive hands the new values to the running resource; its device stays.
	ActionLive
	// ActionRestart goes to role init, takes the new values, and goes back to the old role.
	ActionRestart
)

var actionNames = [...]string{"keep", "live", "restart"}

// String names the action for logs.
func (a Action) String() string {
	if int(a) < len(actionNames) {
		return actionNames[a]
	}
	return "unknown"
}

// Changes is what differs between two configurations of one node.
type Changes struct {
	Control bool
	Pidfile bool
	// ListenKept, ListenAdded and ListenRemoved part the old and new addresses, each in its file's order.
	ListenKept    []string
	ListenAdded   []string
	ListenRemoved []string
	// Added and Removed are names of resources: new ones begin in role init, old ones end in it.
	Added   []string
	Removed []string
	// Changed holds the resources that both have and that differ, in the new file's order.
	Changed []ResourceChange
}

// ResourceChange tells which settings of a resource differ.
type ResourceChange struct {
	Name string
	// Settings are the words of the statements, such as "timeout", in a fixed order.
	Settings []string
	// restart says that one of them needs it in every role.
	restart bool
}

// Action says what the changes ask for in a role. A primary serves a device, which must not vanish for
// a setting that can be changed in place.
func (c ResourceChange) Action(role states.Role) Action {
	switch {
	case len(c.Settings) == 0:
		return ActionKeep
	case c.restart || role != states.RolePrimary:
		return ActionRestart
	}
	return ActionLive
}

// Has reports whether a setting, named by its statement's word, is among the changed ones.
func (c ResourceChange) Has(word string) bool {
	for _, s := range c.Settings {
		if s == word {
			return true
		}
	}
	return false
}

// None reports that a reload has nothing to do.
func (c *Changes) None() bool {
	return !c.Control && !c.Pidfile && len(c.ListenAdded)+len(c.ListenRemoved)+len(c.Added)+len(c.Removed)+len(c.Changed) == 0
}

// Diff tells what a reload from one configuration to another has to do. The order of resources and
// where they stand in the file do not count.
func Diff(old, new *Config) Changes {
	c := Changes{Control: old.Control != new.Control, Pidfile: old.Pidfile != new.Pidfile}
	c.ListenKept, c.ListenAdded = part(new.Listen, old.Listen)
	_, c.ListenRemoved = part(old.Listen, new.Listen)

	before := byName(old)
	after := byName(new)
	for i := range old.Resources {
		if name := old.Resources[i].Name; after[name] == nil {
			c.Removed = append(c.Removed, name)
		}
	}
	for i := range new.Resources {
		r := &new.Resources[i]
		was := before[r.Name]
		if was == nil {
			c.Added = append(c.Added, r.Name)
			continue
		}
		if change := diffResource(was, r); len(change.Settings) > 0 {
			c.Changed = append(c.Changed, change)
		}
	}
	return c
}

func byName(c *Config) map[string]*Resource {
	m := make(map[string]*Resource, len(c.Resources))
	for i := range c.Resources {
		m[c.Resources[i].Name] = &c.Resources[i]
	}
	return m
}

// part splits a list into what another list has too, and what it lacks.
func part(list, other []string) (common, only []string) {
	has := map[string]bool{}
	for _, s := range other {
		has[s] = true
	}
	for _, s := range list {
		if has[s] {
			common = append(common, s)
		} else {
			only = append(only, s)
		}
	}
	return common, only
}

func diffResource(old, new *Resource) ResourceChange {
	change := ResourceChange{Name: new.Name}
	for i := range rules {
		r := &rules[i]
		if r.show == nil || r.show(old) == r.show(new) {
			continue
		}
		change.Settings = append(change.Settings, r.word)
		change.restart = change.restart || r.reload == reloadRestart
	}
	return change
}
