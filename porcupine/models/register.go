package models

import (
	"fmt"

	"raftlab/porcupine"
)

// What a RegisterInput asks for.
const (
	RegisterRead uint8 = iota
	RegisterWrite
	RegisterCas // compare-and-set
)

// RegisterInput is a request to one of several registers, told apart by Key; for one register leave
// it "".
//
// Values are of any comparable type, such as int or string; nil is the value before the first
// write.
type RegisterInput struct {
	Op    uint8 // RegisterRead, RegisterWrite or RegisterCas
	Key   string
	Value any // write: what to write; compare-and-set: what to set
	From  any // compare-and-set: what the register must hold for it to be set
}

// RegisterOutput is the answer to a RegisterInput.
type RegisterOutput struct {
	Value any  // read
	Ok    bool // compare-and-set: whether it was set
}

// RegisterModel is registers with read and write. The state of one is its value. Do not assign to
// it.
var RegisterModel = registers(RegisterWrite)

// CasModel is registers with read, write and compare-and-set. Do not assign to it.
var CasModel = registers(RegisterCas)

// registers returns the model with the operations up to last.
func registers(last uint8) porcupine.Model {
	return porcupine.Model{
		Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
			return byKey(history, registerKey)
		},
		PartitionEvent: func(history []porcupine.Event) [][]porcupine.Event {
			return eventsByKey(history, registerKey)
		},
		PartitionName: registerKey,
		Init:          func() any { return nil },
		Step: func(state, input, output any) (bool, any) {
			if input.(RegisterInput).Op > last {
				return false, state
			}
			return registerStep(state, input, output)
		},
		Access: func(input, output any) porcupine.Access {
			if input.(RegisterInput).Op > last {
				return porcupine.Access{}
			}
			return registerAccess(input, output)
		},
		DescribeOperation: registerDescribe,
		DescribeState:     func(state any) string { return describeValue(state) },
	}
}

func registerKey(input any) string { return input.(RegisterInput).Key }

func registerStep(state, input, output any) (bool, any) {
	in := input.(RegisterInput)
	out, known := output.(RegisterOutput)
	switch in.Op {
	case RegisterRead:
		return !known || out.Value == state, state
	case RegisterWrite:
		return true, in.Value
	case RegisterCas:
		if state == in.From {
			return !known || out.Ok, in.Value
		}
		return !known || !out.Ok, state
	}
	return false, state
}

func registerAccess(input, output any) porcupine.Access {
	in := input.(RegisterInput)
	out, known := output.(RegisterOutput)
	switch {
	case in.Op == RegisterRead && !known:
		return porcupine.Access{Kind: porcupine.AccessNothing}
	case in.Op == RegisterRead:
		return porcupine.Access{Kind: porcupine.AccessRead, Value: out.Value}
	case in.Op == RegisterWrite:
		return porcupine.Access{Kind: porcupine.AccessWrite, Value: in.Value}
	case in.Op != RegisterCas:
		return porcupine.Access{}
	case in.From == in.Value && !known:
		return porcupine.Access{Kind: porcupine.AccessNothing}
	case !known:
		return porcupine.Access{Kind: porcupine.AccessTry, Value: in.Value, From: in.From}
	case !out.Ok:
		return porcupine.Access{Kind: porcupine.AccessUnequal, From: in.From}
	case in.From == in.Value:
		return porcupine.Access{Kind: porcupine.AccessRead, Value: in.From}
	}
	return porcupine.Access{Kind: porcupine.AccessUpdate, Value: in.Value, From: in.From}
}

func registerDescribe(input, output any) string {
	in := input.(RegisterInput)
	out, known := output.(RegisterOutput)
	key := ""
	if in.Key != "" {
		key = fmt.Sprintf("%q, ", in.Key)
	}
	switch in.Op {
	case RegisterRead:
		answer := "?"
		if known {
			answer = describeValue(out.Value)
		}
		if in.Key != "" {
			key = fmt.Sprintf("%q", in.Key)
		}
		return fmt.Sprintf("read(%s) -> %s", key, answer)
	case RegisterWrite:
		return fmt.Sprintf("write(%s%s)%s", key, describeValue(in.Value), unknown(known))
	case RegisterCas:
		answer := "?"
		if known {
			answer = map[bool]string{true: "set", false: "refused"}[out.Ok]
		}
		return fmt.Sprintf("cas(%s%s, %s) -> %s", key, describeValue(in.From),
			describeValue(in.Value), answer)
	}
	return fmt.Sprintf("operation %d, which no register knows", in.Op)
}

func describeValue(value any) string {
	switch value := value.(type) {
	case nil:
		return "nil"
	case string:
		return fmt.Sprintf("%q", value)
	}
	return fmt.Sprint(value)
}
