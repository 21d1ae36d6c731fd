package porcupine

import (
	"hash/fnv"
	"sort"

	rival "github.com/anishathalye/porcupine"
	ours "raftlab/porcupine"
)

// spec is a model in the words that both packages share.
type spec struct {
	name  string
	key   func(input any) string // nil: one partition
	init  func() any
	step  func(state, input, output any) (bool, any)
	equal func(a, b any) bool
	hash  func(state any) uint64
}

func (s spec) ours() ours.Model {
	m := ours.Model{Init: s.init, Step: s.step, Equal: s.equal, Hash: s.hash}
	if s.key != nil {
		m.PartitionEvent = func(history []ours.Event) [][]ours.Event {
			keys := map[int]string{}
			return split(history, func(e ours.Event) string {
				if e.Kind == ours.CallEvent {
					keys[e.Id] = s.key(e.Value)
				}
				return keys[e.Id]
			})
		}
		m.Partition = func(history []ours.Operation) [][]ours.Operation {
			return split(history, func(op ours.Operation) string { return s.key(op.Input) })
		}
	}
	return m
}

func (s spec) rival() rival.Model {
	m := rival.Model{Init: s.init, Step: s.step, Equal: s.equal, Hash: s.hash}
	if s.key != nil {
		m.PartitionEvent = func(history []rival.Event) [][]rival.Event {
			keys := map[int]string{}
			return split(history, func(e rival.Event) string {
				if e.Kind == rival.CallEvent {
					keys[e.Id] = s.key(e.Value)
				}
				return keys[e.Id]
			})
		}
		m.Partition = func(history []rival.Operation) [][]rival.Operation {
			return split(history, func(op rival.Operation) string { return s.key(op.Input) })
		}
	}
	return m
}

// split groups items by key, keys in order.
func split[T any](items []T, key func(T) string) [][]T {
	groups := map[string][]T{}
	for _, item := range items {
		k := key(item)
		groups[k] = append(groups[k], item)
	}
	var keys []string
	for k := range groups {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	var parts [][]T
	for _, k := range keys {
		parts = append(parts, groups[k])
	}
	return parts
}

// hashOf is the hash that both checkers are given.
func hashOf(text string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(text))
	return h.Sum64()
}
