//go:build wasip1 && !raftlab_kv

package main

// bootKV is what a program without a key/value service does with a demand for one.
func bootKV(int, life) server { panic("this program was built without the package kvraft") }
