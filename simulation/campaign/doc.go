// Package campaign looks for a defect with many seeds. A seed and a profile make a script (Generate); playing
// the script makes a Result; what fails is shrunk to a script of a few lines that fails in the same way
// (Shrink). What all results say together is in a Summary.
//
// A run is nothing but its script: replaying a seed, a kept file and a shrunk scenario are the same thing,
// and whatever a seed found can be printed, read and edited. Everything here happens on the caller's
// goroutine; who wants to use more cores plays more seeds at once, each in a world of its own.
package campaign
