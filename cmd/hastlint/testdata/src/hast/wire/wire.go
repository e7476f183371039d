package wire

import (
	_ "crypto/sha256"
	_ "io"
	_ "sync"
	"time"

	_ "hast/states/leaf"

	_ "github.com/looplab/fsm" // want `wire/ must not import "github.com/looplab/fsm": its libraries are none`
	_ "hast/config/leaf"       // want `wire/ must not import "hast/config/leaf": of this module it may import states; wire/ encodes`
	_ "net/netip"              // want `wire/ must not import "net/netip"`
	_ "os"                     // want `wire/ must not import "os"`
)

// Started may read the clock: the rules of the repeatable core are for the core only.
var Started = time.Now()
