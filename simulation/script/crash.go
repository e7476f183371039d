package script

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Crash is one way in which a script may be interrupted: at which moment, who dies how, and what the
// operator does then.
type Crash struct {
	// Moment is the world's moment (simulation.World.Moments) after whose step it happens.
	Moment uint64
	// Who dies: "a", "b" or "ab".
	Who string
	// Power: by a power cut, else by a kill.
	Power bool
	// Keep says what outlives of what is uncertain on the dying nodes' components: "all", "none" or
	// "but:N", all but one, counted over a's sectors and then b's.
	Keep string
	// Failover: the operator promotes the other node before the dead one is back.
	Failover bool
}

// String names the crash; ParseCrash reads it.
func (c Crash) String() string {
	how, then := "kill", "restart"
	if c.Power {
		how = "power"
	}
	if c.Failover {
		then = "failover"
	}
	return fmt.Sprintf("%d %s %s %s %s", c.Moment, how, c.Who, c.Keep, then)
}

// ParseCrash reads what String wrote.
func ParseCrash(text string) (Crash, error) {
	var c Crash
	var how, then string
	if _, err := fmt.Sscanf(text, "%d %s %s %s %s", &c.Moment, &how, &c.Who, &c.Keep, &then); err != nil ||
		how != "kill" && how != "power" || then != "restart" && then != "failover" || !slices.Contains([]string{"a", "b", "ab"}, c.Who) {
		return c, fmt.Errorf("%q is no crash; write it as in \"17 power a but:0 failover\": moment, kill or power, a, b or ab, what is kept, restart or failover", text)
	}
	c.Power, c.Failover = how == "power", then == "failover"
	if _, err := parseKeep(c.Keep); err != nil {
		return c, err
	}
	return c, nil
}

// CrashOptions say how thoroughly a script is interrupted.
type CrashOptions struct {
	Options
	// Every is how many moments lie between two crash points; 0 and 1 are none.
	Every int
	// Quick leaves out most subsets of what a power cut keeps, and takes turns with what the operator does.
	Quick bool
}

// point is what a script's undisturbed run shows of a moment.
type point struct {
	moment  uint64
	kill    [2]int // uncertain sectors of a and b, were they killed
	power   [2]int // and if their power was cut
	primary nodeName
	up      [2]bool
	paired  bool // both components carry one identity
}

// Finding is a crash after which something was wrong.
type Finding struct {
	Crash   Crash
	Outcome Outcome
}

// Report is what CrashAll found.
type Report struct {
	Points   int // moments at which the script was interrupted
	Runs     int // with all ways to die
	Findings []Finding
	// Base is the undisturbed run.
	Base Outcome
}

// Err is nil if every crash was survived.
func (r *Report) Err() error {
	errs := []error{r.Base.Err()}
	for i := range r.Findings {
		errs = append(errs, fmt.Errorf("crash %q: %w", r.Findings[i].Crash, r.Findings[i].Outcome.Err()))
	}
	return errors.Join(errs...)
}

// CrashAll plays a script once undisturbed, and then once for each moment of its crash-everywhere block (of
// all of it, if it has none) and each way to die there, and then has the operator bring the pair back and
// looks at all of it. It stops at ten findings.
func CrashAll(s *Script, opt CrashOptions) Report {
	list, r := Crashes(s, opt)
	for _, c := range list {
		o := CrashOnce(s, c, opt.Options)
		if r.Runs++; o.Err() != nil {
			if r.Findings = append(r.Findings, Finding{c, o}); len(r.Findings) >= 10 {
				break
			}
		}
	}
	return r
}

// Crashes lists the ways in which a script may be interrupted. The report holds the undisturbed run; if
// something is wrong with that there are none.
func Crashes(s *Script, opt CrashOptions) ([]Crash, Report) {
	points, base := survey(s, opt)
	r := Report{Base: base}
	if base.Err() != nil {
		return nil, r
	}
	var list []Crash
	for i, p := range points {
		if opt.Every > 1 && i%opt.Every != 0 {
			continue
		}
		list = p.crashes(list, opt.Quick, r.Points)
		r.Points++
	}
	return list, r
}

// survey plays a script undisturbed and notes its moments.
func survey(s *Script, opt CrashOptions) ([]point, Outcome) {
	st, err := NewStage(s, opt.Options)
	if err != nil {
		return nil, Outcome{Failures: []Failure{{Text: err.Error()}}}
	}
	defer st.Close()
	var points []point
	noting := !slices.ContainsFunc(s.Steps, func(x Step) bool { return x.Verb == crashVerb })
	seen := uint64(0)
	note := func() {
		if n := st.world().Moments(); n > seen {
			if seen = n; noting {
				points = append(points, st.point())
			}
		}
	}
	st.world().EachStep(note)
	st.inBlock = func(begin bool) {
		note()
		noting = begin
	}
	st.playAll()
	return points, st.Outcome()
}

func (st *Stage) point() point {
	p := point{moment: st.world().Moments(), primary: st.primary}
	for i, n := range []nodeName{"a", "b"} {
		p.kill[i], p.power[i] = len(st.disk(n).Uncertain(false)), len(st.disk(n).Uncertain(true))
		p.up[i] = st.machine(n).Running()
	}
	a, errA := st.Pair.DurableRecord(st.Pair.A)
	b, errB := st.Pair.DurableRecord(st.Pair.B)
	p.paired = errA == nil && errB == nil && a.ResUID == b.ResUID && a.ResUID != 0
	return p
}

// crashes adds all ways to die at a point.
func (p *point) crashes(list []Crash, quick bool, turn int) []Crash {
	for _, who := range []string{"a", "b", "ab"} {
		if who != "ab" && !p.up[strings.Index("ab", who)] || who == "ab" && !(p.up[0] && p.up[1]) {
			continue
		}
		for _, power := range []bool{false, true} {
			n := 0
			for i, name := range []string{"a", "b"} {
				if strings.Contains(who, name) {
					n += map[bool][2]int{false: p.kill, true: p.power}[power][i]
				}
			}
			for i, keep := range keeps(n, quick, power) {
				for f, failover := range []bool{false, true} {
					if failover && !p.replaces(who) || quick && p.replaces(who) && (turn+i+f)%2 == 0 {
						continue
					}
					list = append(list, Crash{p.moment, who, power, keep, failover})
				}
			}
		}
	}
	return list
}

// replaces reports whether a failover is something to try after the death of these. Before the components
// are a pair it is not: then a node that is promoted alone begins a pair of its own.
func (p *point) replaces(who string) bool {
	return p.paired && (p.primary == "" || strings.Contains(who, string(p.primary)))
}

// keeps lists what may be kept of n uncertain sectors.
func keeps(n int, quick, power bool) []string {
	switch {
	case n == 0:
		return []string{"none"}
	case n == 1:
		return []string{"none", "all"}
	}
	list := []string{"none", "all"}
	if quick && !power {
		return list
	}
	for i := range n {
		if !quick || i == 0 || i == n-1 {
			list = append(list, fmt.Sprintf("but:%d", i))
		}
	}
	return list
}

// CrashOnce plays a script up to a crash, lets that happen, and what follows.
func CrashOnce(s *Script, c Crash, opt Options) Outcome {
	st, err := NewStage(s, opt)
	if err != nil {
		return Outcome{Failures: []Failure{{Text: err.Error()}}}
	}
	defer st.Close()
	st.world().StopAt(c.Moment)
	st.playAll()
	if !st.world().Stopped() {
		st.failures = append(st.failures, Failure{Step: c.String(), Text: "the script ended before that moment"})
		return st.Outcome()
	}
	st.world().StopAt(0)
	st.open = nil
	st.world().Note("crash " + c.String())
	st.die(c)
	if err := st.recover(c); err != nil {
		st.failures = append(st.failures, Failure{Step: "crash " + c.String(), Text: err.Error()})
	}
	return st.Outcome()
}

// playAll plays the script's steps until something is wrong, or the world stops.
func (st *Stage) playAll() {
	for _, step := range st.Script.Steps {
		if st.Do(step) != nil || st.world().Check() != nil {
			return
		}
	}
}

// die lets the crash happen.
func (st *Stage) die(c Crash) {
	st.Pair.Client.Stop()
	keep, err := parseKeep(c.Keep)
	if err != nil {
		keep = func(int) bool { return false }
	}
	first := 0
	for _, n := range []nodeName{"a", "b"} {
		if !strings.Contains(c.Who, string(n)) {
			continue
		}
		base := first
		first += len(st.disk(n).Uncertain(c.Power))
		survives := st.among(n, c.Power, func(i int) bool { return i >= 0 && keep(base+i) })
		if c.Power {
			st.machine(n).PowerKeep(survives)
		} else {
			st.machine(n).KillKeep(survives)
		}
	}
}
