package states

// The states of a resource's role on this node. In init, failed, primary and secondary a role
// command may rest; standby is where the next step is chosen; the others are under way.
const (
	// RoleIsInit: nothing runs, nothing is open.
	RoleIsInit State = "init"
	// RoleIsOpening: the component is being opened.
	RoleIsOpening State = "opening"
	// RoleIsStandby: the component is open and nothing uses it; the wanted role is issued again.
	RoleIsStandby State = "standby"
	// RoleIsProbing: the peer is being asked before this node serves.
	RoleIsProbing State = "probing"
	// RoleIsStarting: the device is being shown.
	RoleIsStarting State = "starting"
	// RoleIsPrimary: the device is served.
	RoleIsPrimary State = "primary"
	// RoleIsDraining: no new requests; those in flight are answered, flushed, the device is released.
	RoleIsDraining State = "draining"
	// RoleIsSecondary: the peer's primary is served.
	RoleIsSecondary State = "secondary"
	// RoleIsSettling: what was received is being applied and flushed.
	RoleIsSettling State = "settling"
	// RoleIsClosing: everything is being taken down.
	RoleIsClosing State = "closing"
	// RoleIsQuarantined: the role was given up because the component is stuck. All else is down; nothing is
	// opened again before the component's operations have ended.
	RoleIsQuarantined State = "quarantined"
	// RoleIsFailed: init with a reason, which the owner remembers.
	RoleIsFailed State = "failed"
)

// InTransit reports that a role's state is one that must end by itself, and in which nothing but a stuck
// component can hold it up for long.
func InTransit(s State) bool {
	switch s {
	case RoleIsOpening, RoleIsStandby, RoleIsStarting, RoleIsDraining, RoleIsSettling, RoleIsClosing:
		return true
	}
	return false
}

// What happens to a role.
const (
	// RoleOnWantPrimary, RoleOnWantSecondary and RoleOnWantInit: a role command, or one remembered.
	RoleOnWantPrimary   Event = "want-primary"
	RoleOnWantSecondary Event = "want-secondary"
	RoleOnWantInit      Event = "want-init"
	// RoleOnOpened: the component is open and its record and map are loaded.
	RoleOnOpened Event = "opened"
	// RoleOnOpenFailed: it could not be opened or read; nothing of it is left open.
	RoleOnOpenFailed Event = "open-failed"
	// RoleOnPeerReady: a session is established, or serving alone is decided.
	RoleOnPeerReady Event = "peer-ready"
	// RoleOnRefused: this node must not be promoted now.
	RoleOnRefused Event = "refused"
	// RoleOnShown: clients can reach the device.
	RoleOnShown Event = "shown"
	// RoleOnShowFailed: the device could not be shown.
	RoleOnShowFailed Event = "show-failed"
	// RoleOnWithdraw: what was served must be replaced by the other side's content.
	RoleOnWithdraw Event = "withdraw"
	// RoleOnDrained: all requests are answered, the component is flushed, the device is released.
	RoleOnDrained Event = "drained"
	// RoleOnSettled: all that was received is applied and flushed.
	RoleOnSettled Event = "settled"
	// RoleOnStuck: a state that must end by itself lasted too long.
	RoleOnStuck Event = "stuck"
	// RoleOnCrashed: a child fell.
	RoleOnCrashed Event = "crashed"
	// RoleOnClosed, RoleOnRestart and RoleOnGiveUp: everything is down; the owner chose what follows.
	// In failed, RoleOnRestart is the owner's timer.
	RoleOnClosed  Event = "closed"
	RoleOnRestart Event = "restart"
	RoleOnGiveUp  Event = "give-up"
)

// What a role's owner has to do.
const (
	// RoleDoOpenComponent opens the component, loads record and map; opened or open-failed follows.
	RoleDoOpenComponent Effect = "open-component"
	// RoleDoDecide issues the wanted role again if it is not the one reached.
	RoleDoDecide Effect = "decide"
	// RoleDoProbePeer asks the peer; peer-ready or refused follows.
	RoleDoProbePeer Effect = "probe-peer"
	// RoleDoShowDevice shows the device; shown or show-failed follows.
	RoleDoShowDevice Effect = "show-device"
	// RoleDoStartGuard lets the guard watch and reconnect the link.
	RoleDoStartGuard Effect = "start-guard"
	// RoleDoStartSecondary lets hellos of the peer in.
	RoleDoStartSecondary Effect = "start-secondary"
	// RoleDoDrain does all that draining says; drained follows.
	RoleDoDrain Effect = "drain"
	// RoleDoSettle ends the session and does all that settling says; settled follows.
	RoleDoSettle Effect = "settle"
	// RoleDoHideDevice takes the device away at once; clients get no answer for requests in flight.
	RoleDoHideDevice Effect = "hide-device"
	// RoleDoDropLink stops the guard and closes the link; harmless where there is none.
	RoleDoDropLink Effect = "drop-link"
	// RoleDoCloseComponent closes the component; closed, restart or give-up follows once all is down.
	RoleDoCloseComponent Effect = "close-component"
	// RoleDoAnnounce publishes the role in status and writes it into the record where there is one.
	RoleDoAnnounce Effect = "announce"
	// RoleDoHookRole tells the exec program, if the announced role changed.
	RoleDoHookRole Effect = "hook-role"
	// RoleDoAnswer answers the commands that wait for the role reached.
	RoleDoAnswer Effect = "answer"
	// RoleDoAnswerFailure answers the waiting commands with the reason that the owner remembers.
	RoleDoAnswerFailure Effect = "answer-failure"
)

// RoleTable is the role of a resource on this node. A step that must know the wanted role ends in
// standby, where the owner issues that role again: so the latest command wins, and a refused
// promotion leads back to the role that was held.
var RoleTable = &Table{
	Name:    "role",
	Asks:    "Who is this node for the resource?",
	Initial: RoleIsInit,
	States: []State{RoleIsInit, RoleIsOpening, RoleIsStandby, RoleIsProbing, RoleIsStarting, RoleIsPrimary,
		RoleIsDraining, RoleIsSecondary, RoleIsSettling, RoleIsClosing, RoleIsQuarantined, RoleIsFailed},
	Events: []Event{RoleOnWantPrimary, RoleOnWantSecondary, RoleOnWantInit, RoleOnOpened, RoleOnOpenFailed,
		RoleOnPeerReady, RoleOnRefused, RoleOnShown, RoleOnShowFailed, RoleOnWithdraw, RoleOnDrained,
		RoleOnSettled, RoleOnStuck, RoleOnCrashed, RoleOnClosed, RoleOnRestart, RoleOnGiveUp},
	Rows: slicesOf(roleUp, rolePrimary, roleSecondary, roleDown),
	Ignored: []Ignore{
		{[]State{RoleIsOpening, RoleIsStarting, RoleIsDraining, RoleIsSettling, RoleIsClosing},
			[]Event{RoleOnWantPrimary, RoleOnWantSecondary, RoleOnWantInit},
			"The wish is remembered and issued again at the next standby or resting state."},
		{[]State{RoleIsProbing}, []Event{RoleOnWantPrimary}, "It is on its way."},
		{[]State{RoleIsInit, RoleIsQuarantined, RoleIsFailed}, []Event{RoleOnCrashed}, "Nothing runs that could matter."},
		{[]State{RoleIsDraining}, []Event{RoleOnWithdraw}, "The device goes away already."},
		{[]State{RoleIsClosing}, []Event{RoleOnCrashed}, "A child that falls while it is taken down is down."},
		{[]State{RoleIsClosing, RoleIsQuarantined}, []Event{RoleOnOpened, RoleOnOpenFailed, RoleOnPeerReady, RoleOnRefused,
			RoleOnShown, RoleOnShowFailed, RoleOnWithdraw, RoleOnDrained, RoleOnSettled}, "A crash, or a limit, overtook the step that reports."},
	},
}

var (
	roleArrive  = []Effect{RoleDoAnnounce, RoleDoHookRole, RoleDoAnswer, RoleDoDecide}
	roleTearOff = []Effect{RoleDoHideDevice, RoleDoDropLink, RoleDoCloseComponent}
	roleGiveUp  = append(append([]Effect(nil), roleTearOff...), RoleDoAnnounce, RoleDoHookRole, RoleDoAnswer, RoleDoAnswerFailure)
	roleRefused = []Effect{RoleDoAnswerFailure, RoleDoDrain}
)

// roleUp leads from nothing to an open component.
var roleUp = []Row{
	{RoleIsInit, RoleOnWantPrimary, RoleIsOpening, []Effect{RoleDoOpenComponent}, "A primary needs its component, or at least the reason why it has none."},
	{RoleIsInit, RoleOnWantSecondary, RoleIsOpening, []Effect{RoleDoOpenComponent}, "A secondary answers hellos from its record."},
	{RoleIsInit, RoleOnWantInit, RoleIsInit, []Effect{RoleDoAnswer}, "The same role again is a success that does nothing."},
	{RoleIsOpening, RoleOnOpened, RoleIsStandby, []Effect{RoleDoDecide}, "The wish may have changed while it opened."},
	{RoleIsOpening, RoleOnOpenFailed, RoleIsFailed, []Effect{RoleDoAnnounce, RoleDoHookRole, RoleDoAnswerFailure}, "Without a record there is nobody to be (I20, I21)."},
	{RoleIsOpening, RoleOnCrashed, RoleIsClosing, roleTearOff, "What was half opened is closed before anything else."},
	{RoleIsOpening, RoleOnStuck, RoleIsQuarantined, roleGiveUp, "A role command has its answer even if the component has none (I26)."},
	{RoleIsStandby, RoleOnStuck, RoleIsQuarantined, roleGiveUp, "A record that is being written for ever holds up its own resource only."},
	{RoleIsStandby, RoleOnWantPrimary, RoleIsProbing, []Effect{RoleDoProbePeer}, "The peer is asked before this node serves (I17, I18)."},
	{RoleIsStandby, RoleOnWantSecondary, RoleIsSecondary, prepend(RoleDoStartSecondary, roleArrive), "Being secondary needs nobody's leave."},
	{RoleIsStandby, RoleOnWantInit, RoleIsClosing, []Effect{RoleDoCloseComponent}, "Only init gives the component back."},
	{RoleIsStandby, RoleOnCrashed, RoleIsClosing, roleTearOff, "The component's owner fell."},
}

// rolePrimary leads from an open component to a served device and back.
var rolePrimary = []Row{
	{RoleIsProbing, RoleOnPeerReady, RoleIsStarting, []Effect{RoleDoShowDevice}, "The verdict allows this node to serve."},
	{RoleIsProbing, RoleOnRefused, RoleIsDraining, roleRefused, "An unfit copy is never promoted silently (I17). What a session had begun to copy ends before the former role is issued again (I30)."},
	{RoleIsProbing, RoleOnWantSecondary, RoleIsDraining, roleRefused, "Asking may last a whole timeout; a session may have begun to copy meanwhile (I30)."},
	{RoleIsProbing, RoleOnWantInit, RoleIsDraining, roleRefused, "Asking may last a whole timeout; a session may have begun to copy meanwhile (I30)."},
	{RoleIsProbing, RoleOnCrashed, RoleIsClosing, roleTearOff, "Whoever asked or was to serve fell."},
	{RoleIsStarting, RoleOnShown, RoleIsPrimary, prepend(RoleDoStartGuard, roleArrive), "The role is announced once clients can use it."},
	{RoleIsStarting, RoleOnShowFailed, RoleIsDraining, roleRefused, "A primary without a device serves nobody; the session may be copying (I30)."},
	{RoleIsStarting, RoleOnWithdraw, RoleIsDraining, []Effect{RoleDoHideDevice}, "Clients may be quicker than the word that the device is there."},
	{RoleIsStarting, RoleOnStuck, RoleIsQuarantined, roleGiveUp, "The record of the reign's beginning, or a session's first copies, are with a stuck component."},
	{RoleIsStarting, RoleOnCrashed, RoleIsClosing, roleTearOff, "A device half shown is hidden first."},
	{RoleIsPrimary, RoleOnWantPrimary, RoleIsPrimary, []Effect{RoleDoAnswer}, "The same role again is a success that does nothing."},
	{RoleIsPrimary, RoleOnWantSecondary, RoleIsDraining, []Effect{RoleDoDrain}, "Demotion drains (I26, A23)."},
	{RoleIsPrimary, RoleOnWantInit, RoleIsDraining, []Effect{RoleDoDrain}, "Demotion drains (I26, A23)."},
	{RoleIsPrimary, RoleOnWithdraw, RoleIsDraining, []Effect{RoleDoHideDevice}, "The content under an open device must not jump (I35); the wish to be primary stays, and a new reign begins from what is durable."},
	{RoleIsPrimary, RoleOnCrashed, RoleIsClosing, roleTearOff, "Extents stay dirty; nothing more is acknowledged."},
	{RoleIsDraining, RoleOnDrained, RoleIsStandby, []Effect{RoleDoDropLink, RoleDoDecide}, "The device is gone before the new role is announced (I26)."},
	{RoleIsDraining, RoleOnStuck, RoleIsQuarantined, roleGiveUp, "Draining ends in bounded time, also if it can't end well (I26); extents stay dirty, the record says unclean."},
	{RoleIsDraining, RoleOnCrashed, RoleIsClosing, roleTearOff, "Extents stay dirty; nothing more is acknowledged."},
}

// roleSecondary leads from an open component to serving the peer and back.
var roleSecondary = []Row{
	{RoleIsSecondary, RoleOnWantSecondary, RoleIsSecondary, []Effect{RoleDoAnswer}, "The same role again is a success that does nothing."},
	{RoleIsSecondary, RoleOnWantPrimary, RoleIsSettling, []Effect{RoleDoSettle}, "What was answered as received is applied before a new role (I36, A29)."},
	{RoleIsSecondary, RoleOnWantInit, RoleIsSettling, []Effect{RoleDoSettle}, "What was answered as received is applied before a stop (I36, A29)."},
	{RoleIsSecondary, RoleOnCrashed, RoleIsClosing, roleTearOff, "The session's order can't be trusted any more (I32)."},
	{RoleIsSettling, RoleOnSettled, RoleIsStandby, []Effect{RoleDoDropLink, RoleDoDecide}, "The component stays open for the next role."},
	{RoleIsSettling, RoleOnStuck, RoleIsQuarantined, roleGiveUp, "What is still with a stuck component is known from the record's marks, and nothing is opened before it has landed (I30, I36)."},
	{RoleIsSettling, RoleOnCrashed, RoleIsClosing, roleTearOff, "What could not be applied is known from the record's marks at the next open."},
}

// roleDown leads from closing to rest.
var roleDown = []Row{
	{RoleIsClosing, RoleOnClosed, RoleIsInit, roleArrive, "The component is given back."},
	{RoleIsClosing, RoleOnStuck, RoleIsQuarantined, roleGiveUp, "A component that keeps its operations keeps nobody's command."},
	{RoleIsQuarantined, RoleOnClosed, RoleIsInit, roleArrive, "Its operations have ended; the wanted role is issued again."},
	{RoleIsQuarantined, RoleOnWantPrimary, RoleIsQuarantined, []Effect{RoleDoAnswerFailure}, "The wish is remembered until the component is free."},
	{RoleIsQuarantined, RoleOnWantSecondary, RoleIsQuarantined, []Effect{RoleDoAnswerFailure}, "The wish is remembered until the component is free."},
	{RoleIsQuarantined, RoleOnWantInit, RoleIsQuarantined, []Effect{RoleDoAnswer}, "Nothing is served, nothing is heard: that is init."},
	{RoleIsClosing, RoleOnRestart, RoleIsOpening, []Effect{RoleDoOpenComponent}, "After a crash the role is taken up again from what is durable (I41)."},
	{RoleIsClosing, RoleOnGiveUp, RoleIsFailed, []Effect{RoleDoAnnounce, RoleDoHookRole, RoleDoAnswerFailure}, "It fell too often, or waits before it tries again."},
	{RoleIsFailed, RoleOnRestart, RoleIsOpening, []Effect{RoleDoOpenComponent}, "The wait is over."},
	{RoleIsFailed, RoleOnWantPrimary, RoleIsOpening, []Effect{RoleDoOpenComponent}, "An administrator's command is a new try."},
	{RoleIsFailed, RoleOnWantSecondary, RoleIsOpening, []Effect{RoleDoOpenComponent}, "An administrator's command is a new try."},
	{RoleIsFailed, RoleOnWantInit, RoleIsInit, roleArrive, "The reason has been seen."},
}

// slicesOf joins groups of rows into one table.
func slicesOf(groups ...[]Row) []Row {
	var all []Row
	for _, g := range groups {
		all = append(all, g...)
	}
	return all
}

// prepend returns a new list: first, then the rest.
func prepend(first Effect, rest []Effect) []Effect {
	return append([]Effect{first}, rest...)
}
