package actors

// Needs an int of 64 bits: protoactor-go's registry takes the hash of an actor's name as an int, modulo the number of
// its maps, and that is negative for half of all names where an int has 32. So a program of ours doesn't build there,
// instead of falling over its first actor.
const needs64BitInts int = 1 << 62
