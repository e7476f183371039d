package actors

import (
	_ "net"
	_ "os"
	"testing"
	"time"

	_ "hast/gate/leaf"       // want `actors/ must not import "hast/gate/leaf": not in a test either`
	_ "hast/simulation/leaf" // want `actors/ must not import "hast/simulation/leaf": not in a test either`
)

func TestMayUseTheClock(t *testing.T) {
	_ = time.Now()
	go func() {}()
}
