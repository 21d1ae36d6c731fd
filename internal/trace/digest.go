package trace

import (
	"fmt"
	"hash/fnv"
)

const shortLength = 48 // bytes of a value that Short keeps

// DigestOf fingerprints a command: equal values of one type have equal digests, and different values, or
// values of different types, have different ones but for a 64-bit hash collision. Values are compared by
// content; a pointer inside one makes the digest meaningless across peers.
func DigestOf(value any) uint64 {
	h := fnv.New64a()
	switch v := value.(type) {
	case int:
		fmt.Fprintf(h, "int %d", v)
	case string:
		h.Write([]byte("string "))
		h.Write([]byte(v))
	case []byte:
		h.Write([]byte("bytes "))
		h.Write(v)
	default:
		fmt.Fprintf(h, "%T %#v", value, value)
	}
	return h.Sum64()
}

// Short renders a value for people, cut to a few dozen bytes.
func Short(value any) string {
	var s string
	switch v := value.(type) {
	case string:
		s = v
	case []byte:
		return fmt.Sprintf("%d bytes", len(v))
	default:
		s = fmt.Sprintf("%v", value)
	}
	if len(s) > shortLength {
		return fmt.Sprintf("%s… (%d bytes)", s[:shortLength], len(s))
	}
	return s
}
