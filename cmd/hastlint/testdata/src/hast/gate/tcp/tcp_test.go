package tcp

import (
	"testing"

	_ "hast/config/leaf"
)

func TestMayStartGoroutines(t *testing.T) { go serve(nil) }
