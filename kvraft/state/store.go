package state

import (
	"iter"
	"maps"
	"slices"
)

// Store holds keys with their values. It is used by one goroutine at a time.
type Store interface {
	// Get returns the value of key, and whether it has one.
	Get(key string) (value string, ok bool)
	// Put makes value the value of key.
	Put(key, value string)
	// Freeze returns the content as it is now. It takes little time even if there is much content: what
	// takes time is done when the View is read.
	Freeze() View
	// Replace makes pairs the whole content.
	Replace(pairs iter.Seq2[string, string])
}

// View is the content of a Store at one instant. It may be read at any time, by any goroutine, while the
// Store goes on.
type View interface {
	// Len returns the number of keys.
	Len() int
	// All yields all keys in ascending order, each with its value.
	All() iter.Seq2[string, string]
}

// NewMapStore returns an empty Store in memory. Its Freeze copies a map, though not the values in it.
func NewMapStore() Store { return &mapStore{content: map[string]string{}} }

type mapStore struct{ content map[string]string }

func (s *mapStore) Get(key string) (value string, ok bool) {
	value, ok = s.content[key]
	return value, ok
}

func (s *mapStore) Put(key, value string) { s.content[key] = value }

func (s *mapStore) Freeze() View { return mapView(maps.Clone(s.content)) }

func (s *mapStore) Replace(pairs iter.Seq2[string, string]) { s.content = maps.Collect(pairs) }

type mapView map[string]string

func (v mapView) Len() int { return len(v) }

func (v mapView) All() iter.Seq2[string, string] {
	return func(yield func(key, value string) bool) {
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if !yield(key, v[key]) {
				return
			}
		}
	}
}
