package states

import (
	_ "errors"
	_ "time"

	_ "github.com/looplab/fsm"
	_ "hast/states/leaf"

	_ "crypto/rand"    // want `states/ must not import "crypto/rand": states/ decides from values`
	_ "hast/wire/leaf" // want `states/ must not import "hast/wire/leaf": of this module it may import nothing else`
	_ "log/slog"       // want `states/ must not import "log/slog"`
	_ "math/rand/v2"   // want `states/ must not import "math/rand/v2"`
	_ "net"            // want `states/ must not import "net"`
	_ "os"             // want `states/ must not import "os"`
	_ "sync/atomic"    // want `states/ must not import "sync/atomic"`
	_ "syscall"        // want `states/ must not import "syscall"`

	_ "github.com/hashicorp/go-hclog" // want `states/ must not import "github.com/hashicorp/go-hclog": its libraries are github.com/looplab/fsm`
)
