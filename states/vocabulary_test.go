package states

import "testing"

// What changes data is mapped, locked and copied (I12).
func TestOpChanges(t *testing.T) {
	for op, want := range map[Op]bool{0: false, OpRead: false, OpWrite: true, OpDelete: true, OpFlush: false, OpKeepalive: false,
		OpZero: true, OpZero + 1: false} {
		if op.Changes() != want {
			t.Errorf("%v changes data: %v", op, !want)
		}
	}
}
