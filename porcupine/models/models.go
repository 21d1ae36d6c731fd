// Package models holds ready-made models for package porcupine: a key/value store with get, put and
// append ([KvModel]), and registers with read and write ([RegisterModel]) or with compare-and-set
// too ([CasModel]).
//
// All of them split a history by key, tell the checker what an operation does to the value (so that
// histories in which each value is written once are judged in O(n log n)), and take a nil Output
// for an answer that is not known: an operation that never returned, or returned an error that
// leaves open whether it took effect.
package models

import (
	"slices"
	"strings"

	"raftlab/porcupine"
)

// byKey splits operations by key, keys in order and operations in the order given.
func byKey(history []porcupine.Operation, key func(input any) string) [][]porcupine.Operation {
	return split(history, func(op porcupine.Operation) string { return key(op.Input) })
}

// eventsByKey is byKey for events. A return without a call goes where its Id has not been seen: to
// the first key, for the checker to complain of.
func eventsByKey(history []porcupine.Event, key func(input any) string) [][]porcupine.Event {
	keys := make(map[int]string, len(history)/2)
	return split(history, func(e porcupine.Event) string {
		if e.Kind == porcupine.CallEvent {
			keys[e.Id] = key(e.Value)
		}
		return keys[e.Id]
	})
}

// split groups items by key, keys in order. It copies no items if they all have the same key.
func split[T any](items []T, key func(T) string) [][]T {
	type group struct {
		key   string
		items []T
		size  int
	}
	groups := map[string]*group{}
	of := make([]*group, len(items))
	var last *group
	for i, item := range items {
		k := key(item)
		if last == nil || last.key != k {
			if last = groups[k]; last == nil {
				last = &group{key: k}
				groups[k] = last
			}
		}
		last.size++
		of[i] = last
	}
	if len(groups) == 1 {
		return [][]T{items}
	}
	sorted := make([]*group, 0, len(groups))
	for _, g := range groups {
		g.items = make([]T, 0, g.size)
		sorted = append(sorted, g)
	}
	for i, item := range items {
		of[i].items = append(of[i].items, item)
	}
	slices.SortFunc(sorted, func(a, b *group) int { return strings.Compare(a.key, b.key) })
	parts := make([][]T, len(sorted))
	for i, g := range sorted {
		parts[i] = g.items
	}
	return parts
}
