package simulation

import (
	"fmt"

	"github.com/anishathalye/porcupine"
)

// registerOp is what porcupine is told of an operation.
type registerOp struct {
	read, maybe bool // maybe: a write that took effect, or never will
	value       uint64
}

// Operations are a sector's writes and reads as porcupine takes them. One that ends before it begins, or beyond Open,
// is an error.
func (p *Past) Operations() ([]porcupine.Operation, error) {
	var list []porcupine.Operation
	for i, op := range p.Ops {
		if op.Call > op.Return || op.Return > Open {
			return nil, fmt.Errorf("operation %d ends at %d and begins at %d", i, op.Return, op.Call)
		}
		list = append(list, porcupine.Operation{
			ClientId: i, Call: int64(op.Call), Return: int64(op.Return), Output: op.Value,
			Input: registerOp{read: op.Read, maybe: op.Maybe, value: op.Value},
		})
	}
	return list, nil
}

// Model is what porcupine holds the sector to be.
func (p *Past) Model() porcupine.Model { return register(p.Initial) }

// register is a sector that holds one of some values at first: each read returns what it holds, and a write that has
// failed may have taken effect or not.
func register(initial []uint64) porcupine.Model {
	n := porcupine.NondeterministicModel{
		Init: func() []any {
			var list []any
			for _, v := range initial {
				list = append(list, v)
			}
			return list
		},
		Step: func(state, input, output any) []any {
			switch op := input.(registerOp); {
			case op.read && output != state:
				return nil
			case op.read:
				return []any{state}
			case op.maybe:
				return []any{state, op.value}
			default:
				return []any{op.value}
			}
		},
		DescribeOperation: func(input, output any) string {
			switch op := input.(registerOp); {
			case op.read:
				return fmt.Sprintf("read %d", output)
			case op.maybe:
				return fmt.Sprintf("write %d?", op.value)
			default:
				return fmt.Sprintf("write %d", op.value)
			}
		},
	}
	return n.ToModel()
}
