package actors

import (
	"context"
	crand "crypto/rand" // want `actors/ must not import "crypto/rand"`
	"math/rand"         // want `actors/ must not import "math/rand"`
	wall "time"
)

func scheduling(in chan int, m map[int]int) {
	go func() {}() // want `a go statement lets the scheduler choose an order`
	select {       // want `select takes a random ready case`
	case <-in:
	default:
	}
	for range in { // want `a range over a channel waits for other goroutines`
	}
	for range m { // want `a range over a map has a random order`
	}
	for range []int{1} {
	}
	for range 3 {
	}
	for range "a string" {
	}
}

// An alias or a variable hides nothing.
var now = wall.Now // want `time.Now reads the wall clock`

func clocks() {
	wall.Since(wall.Time{})                              // want `time.Since reads the wall clock`
	wall.Until(wall.Time{})                              // want `time.Until reads the wall clock`
	wall.Sleep(wall.Second)                              // want `time.Sleep waits on the wall clock: let the Clock tell`
	wall.After(wall.Second)                              // want `time.After waits on the wall clock`
	wall.AfterFunc(wall.Second, nil)                     // want `time.AfterFunc waits`
	wall.NewTimer(wall.Second)                           // want `time.NewTimer waits`
	wall.NewTicker(wall.Second)                          // want `time.NewTicker waits`
	wall.Tick(wall.Second)                               // want `time.Tick waits`
	context.WithTimeout(context.Background(), wall.Hour) // want `context.WithTimeout waits`
	_ = 3 * wall.Second
	_ = wall.Unix(0, 0).Add(wall.Minute)
}

func chance(seeded *rand.Rand) {
	_ = rand.Intn(3)                   // want `rand.Intn draws what no seed decides: use the Host's Rand`
	rand.Shuffle(3, func(i, j int) {}) // want `rand.Shuffle draws`
	_, _ = crand.Read(nil)             // want `rand.Read draws`
	_ = crand.Reader                   // want `rand.Reader draws`
	_ = rand.New(rand.NewSource(1)).Intn(3)
	_ = seeded.Intn(3)
}
