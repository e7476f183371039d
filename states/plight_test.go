package states

import (
	"strings"
	"testing"
)

func TestPrimaryPlight(t *testing.T) {
	held, verdict, disk, link := Plight{"fell", "a"}, Plight{"split", "b"}, Plight{"disk", "c"}, Plight{"refused", "d"}
	for _, c := range []struct {
		name   string
		s      PrimaryState
		reason string
	}{
		{"its role", PrimaryState{Held: held, Disk: disk, Verdict: verdict}, "fell"},
		{"its disk, before all that the peer has to do with", PrimaryState{Disk: disk, Verdict: verdict, Link: link}, "disk"},
		{"its disk, connected", PrimaryState{Disk: disk, Session: true, Remaining: 5}, "disk"},
		{"a copy under way", PrimaryState{Session: true, Remaining: 4096, Link: link, Ended: "x"}, "4096 bytes"},
		{"the peer's disk, connected or not", PrimaryState{Session: true, PeerFails: "failed WRITE", Remaining: 5}, "failed WRITE"},
		{"the peer's disk, or whatever else ended the last session", PrimaryState{Ended: "EOF", PeerFails: "failed WRITE"}, "failed WRITE"},
		{"its end", PrimaryState{Session: true}, "being recorded"},
		{"no peer", PrimaryState{NoPeer: true}, "no peer is configured"},
		{"a verdict outlives the link's trouble", PrimaryState{Verdict: verdict, Link: link, Ended: "x"}, "split"},
		{"why there is no session matters more than why there was an end", PrimaryState{Link: link, Ended: "x"}, "refused"},
		{"an end just now", PrimaryState{Ended: "the end"}, "the end"},
		{"the first attempt", PrimaryState{}, "being asked"},
	} {
		c.s.Resource = "shared"
		if p := c.s.Plight(); !strings.Contains(p.Reason, c.reason) || p.Remedy == "" {
			t.Errorf("%s: %+v", c.name, p)
		}
	}
}

func TestSecondaryPlight(t *testing.T) {
	held, verdict := Plight{"fell", "a"}, Plight{"split", "b"}
	for _, c := range []struct {
		name           string
		s              SecondaryState
		reason, remedy string
	}{
		{"its role", SecondaryState{Held: held, Verdict: verdict}, "fell", "a"},
		{"complete, though a promotion was refused", SecondaryState{Held: held, Session: true}, "", ""},
		{"complete", SecondaryState{Session: true, Ended: "x"}, "", ""},
		{"being copied to", SecondaryState{Session: true, Fitness: Inconsistent}, "inconsistent until", "by itself"},
		{"a verdict", SecondaryState{Verdict: verdict, Ended: "x"}, "split", "b"},
		{"its disk", SecondaryState{Ended: "write error", DiskFailed: true}, "write error", "hastctl create shared"},
		{"an end", SecondaryState{Ended: "EOF"}, "no primary is connected: EOF", "role primary shared"},
		{"nobody yet", SecondaryState{}, "no primary has connected", "role primary shared"},
	} {
		c.s.Resource = "shared"
		if p := c.s.Plight(); !strings.Contains(p.Reason, c.reason) || !strings.Contains(p.Remedy, c.remedy) || (c.reason == "") != (p == Plight{}) {
			t.Errorf("%s: %+v", c.name, p)
		}
	}
}

// Each answer of the peer has an act that helps, and no two the same, but for those that say nothing of it.
func TestPeerRemedy(t *testing.T) {
	seen := map[string]PeerAnswer{}
	for a := PeerSecondary; a <= PeerMyself; a++ {
		text := PeerRemedy(a, "shared")
		if other, twice := seen[text]; text == "" || twice {
			t.Errorf("%v: %q, as for %v", a, text, other)
		}
		seen[text] = a
	}
}

// A role that is under way says what it waits for; one that may last doesn't.
func TestPassingPlight(t *testing.T) {
	rests := map[State]bool{RoleIsInit: true, RoleIsFailed: true, RoleIsPrimary: true, RoleIsSecondary: true}
	for _, s := range RoleTable.States {
		if p := PassingPlight(s); p.Any() == rests[s] || p.Any() != (p.Remedy != "") {
			t.Errorf("%v: %+v", s, p)
		}
	}
}

func TestWeaker(t *testing.T) {
	for _, c := range []struct {
		own            Role
		mode           Mode
		stock, noFlush bool
		want           []string
	}{
		{RolePrimary, MemSync, false, false, nil},
		{RoleSecondary, MemSync, false, false, nil},
		{RolePrimary, FullSync, false, true, []string{"can't flush"}},
		{RolePrimary, FullSync, true, false, []string{"keeps no marks"}},
		{RolePrimary, MemSync, true, true, []string{"can't flush", "counts as sent", "keeps no marks"}},
		{RoleSecondary, MemSync, true, false, []string{"differ in silence"}},
	} {
		got := Weaker(c.own, c.mode, c.stock, c.noFlush)
		if len(got) != len(c.want) {
			t.Errorf("%+v: %q", c, got)
			continue
		}
		for i := range got {
			if !strings.Contains(got[i], c.want[i]) {
				t.Errorf("%+v: %q", c, got)
			}
		}
	}
}

func TestNotShown(t *testing.T) {
	for _, c := range []struct {
		unrecorded     bool
		reason, remedy string
	}{
		{true, "can't be recorded: full", "check the disk"},
		{false, "cannot show the device: full", "socket"},
	} {
		if p := NotShown(c.unrecorded, "full"); !strings.Contains(p.Reason, c.reason) || !strings.Contains(p.Remedy, c.remedy) {
			t.Errorf("%v: %+v", c.unrecorded, p)
		}
	}
}
