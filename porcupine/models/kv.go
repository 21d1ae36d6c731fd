package models

import (
	"fmt"

	"raftlab/porcupine"
)

// What a KvInput asks for.
const (
	KvGet uint8 = iota
	KvPut
	KvAppend
)

// KvInput is a request to a key/value store. A missing key reads as "".
type KvInput struct {
	Op    uint8 // KvGet, KvPut or KvAppend
	Key   string
	Value string // put and append
}

// KvOutput is the answer to a KvInput.
type KvOutput struct {
	Value string // get
}

// KvModel is a key/value store. The state of a key is its value, a string. Do not assign to it.
var KvModel = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		return byKey(history, kvKey)
	},
	PartitionEvent: func(history []porcupine.Event) [][]porcupine.Event {
		return eventsByKey(history, kvKey)
	},
	PartitionName:     kvKey,
	Init:              func() any { return "" },
	Step:              kvStep,
	Access:            kvAccess,
	DescribeOperation: kvDescribe,
	DescribeState:     func(state any) string { return fmt.Sprintf("%q", state) },
}

func kvKey(input any) string { return input.(KvInput).Key }

func kvStep(state, input, output any) (bool, any) {
	in := input.(KvInput)
	switch in.Op {
	case KvGet:
		out, known := output.(KvOutput)
		return !known || out.Value == state.(string), state
	case KvPut:
		return true, in.Value
	case KvAppend:
		return true, state.(string) + in.Value
	}
	return false, state
}

func kvAccess(input, output any) porcupine.Access {
	in := input.(KvInput)
	switch in.Op {
	case KvGet:
		out, known := output.(KvOutput)
		if !known {
			return porcupine.Access{Kind: porcupine.AccessNothing}
		}
		return porcupine.Access{Kind: porcupine.AccessRead, Value: out.Value}
	case KvPut:
		return porcupine.Access{Kind: porcupine.AccessWrite, Value: in.Value}
	case KvAppend:
		return porcupine.Access{Kind: porcupine.AccessAppend, Value: in.Value}
	}
	return porcupine.Access{}
}

func kvDescribe(input, output any) string {
	in := input.(KvInput)
	out, known := output.(KvOutput)
	switch in.Op {
	case KvGet:
		if !known {
			return fmt.Sprintf("get(%q) -> ?", in.Key)
		}
		return fmt.Sprintf("get(%q) -> %q", in.Key, out.Value)
	case KvPut:
		return fmt.Sprintf("put(%q, %q)%s", in.Key, in.Value, unknown(known))
	case KvAppend:
		return fmt.Sprintf("append(%q, %q)%s", in.Key, in.Value, unknown(known))
	}
	return fmt.Sprintf("operation %d on %q, which no store knows", in.Op, in.Key)
}

// unknown is what follows the description of an operation whose answer may not be known.
func unknown(known bool) string {
	if known {
		return ""
	}
	return " -> ?"
}
