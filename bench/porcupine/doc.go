// Package porcupine compares the product's linearizability checker with the known one
// (github.com/anishathalye/porcupine): the same names, the same verdicts, on its own test data and
// on random histories, and less time and memory for them.
//
// From the folder bench:
//
//	go test ./porcupine                                  ten thousand histories, and the test data
//	go test ./porcupine -run 'TestSameVerdict$' -v -timeout 3h -histories=1000000
//	                                                     a million, in some minutes
//	go test ./porcupine -run '^$' -bench . -benchmem     side by side, a row for each goal
//
// The rival's test data is read where the module cache has it; none of it is copied.
package porcupine
