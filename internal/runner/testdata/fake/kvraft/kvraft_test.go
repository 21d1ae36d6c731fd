// Package kvraft has one test.
package kvraft

import "testing"

func TestPass3A(t *testing.T) {}
