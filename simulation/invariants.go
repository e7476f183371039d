package simulation

// Invariant is a rule that every run is held against.
type Invariant struct {
	// ID is its number in the specification: I1, I2, … A rule about the seams, which has no number, has a
	// word.
	ID string
	// What it demands, and When it is looked at, in a few words.
	What, When string
}

// rule is the place of an invariant in the registry.
type rule uint8

// The registry's places. A rule is here once a check of it exists.
const (
	ruleSeam rule = iota
	ruleLoan
	ruleBooks
	ruleI1
	ruleI2
	ruleI3
	ruleI4
	ruleI5
	ruleI6
	ruleI7
	ruleI8
	ruleI9
	ruleI10
	ruleI11
	ruleI12
	ruleI13
	ruleI14
	ruleI15
	ruleI16
	ruleI17
	ruleI18
	ruleI19
	ruleI20
	ruleI21
	ruleI23
	ruleI24
	ruleI25
	ruleI26
	ruleI27
	ruleI29
	ruleI30
	ruleI32
	ruleI33
	ruleI34
	ruleI35
	ruleI36
	ruleI31
	ruleI37
	ruleL1
	ruleL2
	ruleL3
	ruleL4
	ruleL5
	ruleL6
	ruleL7
	ruleL8
	ruleL9
	rules
)

var registry = [rules]Invariant{
	ruleSeam:  {"seam", "a node asks its disks, connections and clients only for what they offer", "each operation"},
	ruleLoan:  {"loan", "what is lent to a disk or a connection isn't changed before it comes back", "the end of each loan"},
	ruleBooks: {"books", "what an actor has noted of its work is so, and who waits does so for something", "after turns of a primary's gate"},
	ruleI1:    {"I1", "a read returns, per sector, an admissible value", "each read's answer"},
	ruleI2:    {"I2", "no answered write is lost", "each promotion, each end of a copy"},
	ruleI3:    {"I3", "what a flush or FUA covers is durable wherever it is owed", "each answer to a flush or FUA, each power cut"},
	ruleI4:    {"I4", "what a read returned is completed, on both nodes while they are with one another", "each read that meets a write in flight"},
	ruleI5:    {"I5", "what a sector holds was written to that very sector", "each read's answer, each landing"},
	ruleI6:    {"I6", "the writes of a sector land in one order that respects precedence", "each submission to a disk, each landing"},
	ruleI7:    {"I7", "where nothing is dirty or under way both components hold the same", "each release of a change, each clearing, each end of a copy, the audit"},
	ruleI8:    {"I8", "sectors that differ, or would after a power cut, are dirty in a durable map", "each landing of data"},
	ruleI9:    {"I9", "the map is durable before the data it stands for", "each landing of data on the primary"},
	ruleI10:   {"I10", "a dirty bit is cleared only when nothing in its extent differs", "each landing of a map"},
	ruleI11:   {"I11", "a copy writes nothing that is older than what its target owes", "each landing on who doesn't serve"},
	ruleI12:   {"I12", "trims and zeroes are writes: dirty where one copy has them, the same where both do", "each answer to one"},
	ruleI13:   {"I13", "a read is served from a copy that is current", "each read's answer"},
	ruleI14:   {"I14", "a split-brain is detected", "each verdict"},
	ruleI15:   {"I15", "a split-brain is not found where there is none, and who is ahead is the source", "each verdict"},
	ruleI16:   {"I16", "both nodes come to the same verdict", "each verdict of a primary"},
	ruleI17:   {"I17", "a copy that is not current knows so durably, and changes nothing alone", "each landing on a copy that is behind, each answer given alone"},
	ruleI18:   {"I18", "one node serves", "each device that opens"},
	ruleI19:   {"I19", "an answer given alone has a durable counter behind it", "each answer given alone"},
	ruleI20:   {"I20", "the record that an opener would find after a power cut never goes back", "each change of a record"},
	ruleI21:   {"I21", "a component of another resource, or from before later sessions, is refused and left as it is", "after each that comes under a node"},
	ruleI23:   {"I23", "each request is answered exactly once", "each answer, each release"},
	ruleI24:   {"I24", "what a node holds is bounded, and little when it is idle", "each message, connection and operation; the audit"},
	ruleI25:   {"I25", "what befalls one resource is no other's affair", "the end of a seed in which only one of two had faults"},
	ruleI26:   {"I26", "a role that is left has let go of everything, and what it wrote is durable", "each answer to a command for a role"},
	ruleI27:   {"I27", "a status is true", "each status"},
	ruleI29:   {"I29", "the claim of an answer is true at that step", "each answer"},
	ruleI31:   {"I31", "were both nodes to die now, what is durable would lead to the right data, or to a refusal", "each answer, each change of a record or a map"},
	ruleI30:   {"I30", "no write lands after its answer", "each landing on who serves"},
	ruleI32:   {"I32", "the secondary has no write without those that precede it", "each write that a secondary takes in"},
	ruleI33:   {"I33", "a copy covers only what may differ", "each bit that a map gains"},
	ruleI34:   {"I34", "nothing is refused without a cause", "each error, each end of a session, each warning, each refused role"},
	ruleI35:   {"I35", "the content under an open device doesn't jump", "each verdict under an open device, each answer after it"},
	ruleI36:   {"I36", "what was received is applied", "each session, each change of a secondary's role"},
	ruleI37:   {"I37", "an answer on the secondary's copy alone has a durable record behind it", "each answer about what the primary's component failed"},
	ruleL1:    {"L1", "every request is answered", "in a repaired core, within 2 × timeout and the slowest disk"},
	ruleL2:    {"L2", "every command is answered, a status at once", "in a repaired core, within 3 × timeout; 1 s"},
	ruleL3:    {"L3", "two nodes that reach each other have a session and keep it", "in a repaired core, within 2 × the reconnect period and the timeout"},
	ruleL4:    {"L4", "they hold the same", "in a repaired core, within and the time that the copy takes, four times"},
	ruleL5:    {"L5", "also under writes that never cease, and these are answered", "in a repaired core, within four times that"},
	ruleL6:    {"L6", "what can't be is explained, and one act of an administrator helps", "after each refusal"},
	ruleL7:    {"L7", "a node alone serves if its copy is current, or fails with a reason", "in a repaired core, within as L1"},
	ruleL8:    {"L8", "who has nothing to do has few turns", "after each copy"},
	ruleL9:    {"L9", "attempts at a connection are bounded, and none is forgotten", "beside a peer that can't be had"},
}

// Invariants lists the rules that runs are held against.
func Invariants() []Invariant { return append([]Invariant(nil), registry[:]...) }

// Evaluation is how often a run looked at an invariant.
type Evaluation struct {
	Invariant string
	Count     uint64
}

// Evaluations says how often each invariant was looked at so far, in the registry's order.
func (w *World) Evaluations() []Evaluation {
	list := make([]Evaluation, rules)
	for i := range list {
		list[i] = Evaluation{registry[i].ID, w.evaluated[i]}
	}
	return list
}

// Vacuous names the invariants that were not looked at even once: a run says nothing about them.
func (w *World) Vacuous() []string {
	var ids []string
	for i, n := range w.evaluated {
		if n == 0 {
			ids = append(ids, registry[i].ID)
		}
	}
	return ids
}
