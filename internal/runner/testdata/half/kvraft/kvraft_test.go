// Package kvraft does not compile.
package kvraft

import "testing"

func TestPass3A(t *testing.T) {
	undefinedName()
}
