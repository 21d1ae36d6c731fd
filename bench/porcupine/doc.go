// Package porcupine compares the product's linearizability checker with the known one
// (github.com/anishathalye/porcupine): the same verdicts, on its own test data and on random
// histories, and less time and memory for them.
//
//	go test ./porcupine                                        some thousand histories, and the test data
//	go test ./porcupine -run TestSameVerdict -histories=1000000    a million, in some minutes
//	go test ./porcupine -run '^$' -bench . -benchmem           side by side, a row for each goal
package porcupine
