// Package activemap shows that the rules of a folder reach what lies below it.
package activemap

import "time"

func stamp() time.Time { return time.Now() } // want `time.Now reads the wall clock: ask the Host's Clock`
