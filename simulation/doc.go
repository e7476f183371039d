// Package simulation is a made-up world for real nodes. A World holds machines with disks, a network
// between them and clients; on each machine the very same actors run that a daemon runs, on an
// actors.Host whose clock, disks, network, doors and chance are all decided by one seed. Everything
// happens on the caller's goroutine, one message at a time, so that one seed gives one trace, byte for
// byte, and a failure can be had again by its seed (I28).
//
// The layers, from the bottom up:
//
//	chance, knobs, order       what the seed decides, configuration and turns included
//	trace, scheduler           how a run is told from another
//	mailbox, host, clock       the seams that make actors run in the world
//	platter, disk              components with a written and a durable image
//	fault, silent, power       what disks and power cuts do to them
//	fabric, pipe, conn, roads  byte streams between machines, and what befalls them
//	stock, stranger            peers that aren't ours
//	door, client, judge        devices, who uses them, and which answers are right
//	machine, cluster           power switches, operators and the pair that most tests want
//	core, liveness             what must live beside what stays broken
package simulation
