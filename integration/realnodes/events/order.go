package events

import (
	"fmt"
	"math"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes/load"
)

// checkMost is how long the search for an order may take.
const checkMost = time.Minute

// register is one key, which reads must find as the last write left it.
var register = porcupine.Model{
	Init: func() any { return "" },
	Step: func(state, input, _ any) (bool, any) {
		op := input.(load.Operation)
		if op.Write {
			return true, op.Value
		}
		return op.Value == state.(string), state
	},
	DescribeOperation: func(input, _ any) string {
		op := input.(load.Operation)
		if op.Write {
			return "set " + op.Value
		}
		return "get: " + op.Value
	},
}

// unordered says why a history of reads and writes cannot have happened one after another,
// each between its call and its answer; empty when it can. A write that failed may have
// happened at any time later, or never.
func unordered(history []load.Operation) string {
	byKey := map[string][]porcupine.Operation{}
	for _, op := range history {
		returned := op.Returned
		if op.Unknown {
			returned = math.MaxInt64
		}
		byKey[op.Key] = append(byKey[op.Key], porcupine.Operation{ClientId: op.Worker, Input: op, Call: op.Called, Return: returned})
	}
	for key, operations := range byKey {
		switch porcupine.CheckOperationsTimeout(register, operations, checkMost) {
		case porcupine.Ok:
		case porcupine.Unknown:
			return fmt.Sprintf("%s: not decided within %v, %d operations", key, checkMost, len(operations))
		case porcupine.Illegal:
			return fmt.Sprintf("%s: no order of its %d operations explains the reads; %s", key, len(operations), stale(operations))
		}
	}
	return ""
}

// stale names the read that is furthest behind a write that had ended before it began.
func stale(operations []porcupine.Operation) string {
	wrote := map[string]int64{} // when the write of a value had ended
	for _, op := range operations {
		if is := op.Input.(load.Operation); is.Write && !is.Unknown {
			wrote[is.Value] = op.Return
		}
	}
	var worst int64
	text := "no single read is stale"
	for _, op := range operations {
		is := op.Input.(load.Operation)
		if is.Write {
			continue
		}
		for _, other := range operations {
			later := other.Input.(load.Operation)
			if !later.Write || later.Unknown || later.Value == is.Value || other.Return > op.Call || other.Call < wrote[is.Value] {
				continue
			}
			if behind := op.Call - other.Return; behind >= worst {
				worst = behind
				text = fmt.Sprintf("a read began %v after %q had been written and found %q", time.Duration(behind), later.Value, is.Value)
			}
		}
	}
	return text
}
