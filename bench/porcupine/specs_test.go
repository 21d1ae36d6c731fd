package porcupine

import (
	"fmt"
	"maps"

	"raftlab/porcupine/models"
)

// kvSpec is one key's value as a string, as the rival's own tests model it.
func kvSpec() spec {
	return spec{
		name: "kv",
		key:  func(input any) string { return input.(models.KvInput).Key },
		init: func() any { return "" },
		step: func(state, input, output any) (bool, any) {
			in, value := input.(models.KvInput), state.(string)
			out, known := output.(models.KvOutput)
			switch in.Op {
			case models.KvGet:
				return !known || out.Value == value, state
			case models.KvPut:
				return true, in.Value
			}
			return true, value + in.Value
		},
		hash: func(state any) uint64 { return hashOf(state.(string)) },
	}
}

// kvMapSpec is a whole store as a map, in one partition.
func kvMapSpec() spec {
	return spec{
		name: "kv in one map",
		init: func() any { return map[string]string{} },
		step: func(state, input, output any) (bool, any) {
			in, store := input.(models.KvInput), state.(map[string]string)
			out, known := output.(models.KvOutput)
			if in.Op == models.KvGet {
				return !known || out.Value == store[in.Key], state
			}
			next := maps.Clone(store)
			if in.Op == models.KvPut {
				next[in.Key] = in.Value
			} else {
				next[in.Key] += in.Value
			}
			return true, next
		},
		equal: func(a, b any) bool {
			return maps.Equal(a.(map[string]string), b.(map[string]string))
		},
		hash: func(state any) uint64 {
			var h uint64
			for k, v := range state.(map[string]string) {
				h ^= hashOf(k + "=" + v)
			}
			return h
		},
	}
}

// registerSpec is one register with read, write and compare-and-set.
func registerSpec() spec {
	return spec{
		name: "register",
		key:  func(input any) string { return input.(models.RegisterInput).Key },
		init: func() any { return nil },
		step: func(state, input, output any) (bool, any) {
			in := input.(models.RegisterInput)
			out, known := output.(models.RegisterOutput)
			switch {
			case in.Op == models.RegisterRead:
				return !known || out.Value == state, state
			case in.Op == models.RegisterWrite:
				return true, in.Value
			case in.From == state:
				return !known || out.Ok, in.Value
			}
			return !known || !out.Ok, state
		},
		hash: func(state any) uint64 { return hashOf(fmt.Sprint(state)) },
	}
}
