package porcupine_test

import (
	"context"
	"fmt"

	"raftlab/porcupine"
	"raftlab/porcupine/models"
)

// A register of one's own: the state is an int, an input is what to write, or nil to read.
func Example() {
	register := porcupine.Model{
		Init: func() any { return 0 },
		Step: func(state, input, output any) (bool, any) {
			if input == nil {
				return output == state, state
			}
			return true, input
		},
		DescribeOperation: func(input, output any) string {
			if input == nil {
				return fmt.Sprintf("read() -> %v", output)
			}
			return fmt.Sprintf("write(%v)", input)
		},
	}
	history := []porcupine.Operation{
		{ClientId: 0, Input: 100, Call: 0, Return: 100},
		{ClientId: 1, Output: 100, Call: 25, Return: 75}, // sees the write that is under way
		{ClientId: 2, Output: 0, Call: 80, Return: 90},   // and then it is gone
	}
	fmt.Println(porcupine.CheckOperations(register, history[:2]))
	fmt.Println(porcupine.CheckOperations(register, history))
	// Output:
	// true
	// false
}

func ExampleCheck() {
	put := func(client int, value string, call, ret int64) porcupine.Operation {
		return porcupine.Operation{ClientId: client, Call: call, Return: ret,
			Output: models.KvOutput{},
			Input:  models.KvInput{Op: models.KvPut, Key: "x", Value: value}}
	}
	get := func(client int, value string, call, ret int64) porcupine.Operation {
		return porcupine.Operation{ClientId: client, Call: call, Return: ret,
			Output: models.KvOutput{Value: value},
			Input:  models.KvInput{Op: models.KvGet, Key: "x"}}
	}
	report, err := porcupine.Check(context.Background(), models.KvModel, []porcupine.Operation{
		put(0, "old", 0, 10), get(1, "old", 12, 15),
		put(0, "new", 20, 30), get(1, "new", 32, 35),
		get(2, "old", 40, 50),
	}, porcupine.Options{Explain: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(report.Result)
	fmt.Println(report.Failure)
	// Output:
	// Illegal
	// key "x", 5 operations: no order of them gives the answers that the clients got.
	// Up to a point one exists; the first return that no order gets past is at 50:
	//   client 2  [40, 50]       get("x") -> "old"
	// These 3 are enough; none of them can be left out:
	//    1. client 0  [0, 10]        put("x", "old")
	//    2. client 0  [20, 30]       put("x", "new")
	//    3. client 2  [40, 50]       get("x") -> "old"
	//   1 returned at 10, before 2 was called at 20.
	//   2 returned at 30, before 3 was called at 40.
}
