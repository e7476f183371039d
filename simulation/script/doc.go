// Package script is the language in which a simulated pair's story is told: a header with the seed and
// the knobs, then one step a line. A scenario of the test suite, a run that a generator drew from a
// seed, and what is left of it after shrinking are all the same thing, so each can be printed, read,
// edited and run again:
//
//	seed 7
//	mode memsync
//	write a 0 4k g1       # a request, and the name of what it writes
//	+20ms cut             # 20 ms of the world's time later
//	await a degraded
//	expect read a 0 4k = g1
//
// Every word is known to one table (verbs.go), which checks it when the text is read and carries it out
// when the script runs. Check is for people's scripts: a request that fails, or a command that is
// refused, is a failure unless the next step expects it. A script with the header line "lenient" takes
// refusals as they come, and leaves it to the judge whether they were legal.
package script
