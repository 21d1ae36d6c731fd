package labgob_test

import (
	"bytes"
	"fmt"
	"strings"

	"raftlab/labgob"
)

type Put struct{ Key, Value string }

type Entry struct {
	Term    int
	Command any
}

// A server saves its term and its log, and restores them after a crash.
func Example() {
	labgob.Register(Put{})

	disk := new(bytes.Buffer)
	e := labgob.NewEncoder(disk)
	log := []Entry{{1, Put{"x", "1"}}, {2, Put{"y", "2"}}}
	if err := e.Encode(2); err != nil {
		fmt.Println(err)
	}
	if err := e.Encode(log); err != nil {
		fmt.Println(err)
	}

	var term int
	var restored []Entry
	d := labgob.NewDecoder(disk)
	if d.Decode(&term) != nil || d.Decode(&restored) != nil {
		fmt.Println("the saved state is damaged")
	}
	fmt.Println(term, restored)
	// Output: 2 [{1 {x 1}} {2 {y 2}}]
}

// A command that was not registered is an error that says what to do.
func ExampleMarshal() {
	type Get struct{ Key string }
	_, err := labgob.Marshal(Entry{1, Get{"x"}})
	fmt.Println(strings.ReplaceAll(err.Error(), ": ", ":\n"))
	// Output:
	// labgob:
	// encode labgob_test.Entry:
	// field Command:
	// type labgob_test.Get is not registered; call labgob.Register(labgob_test.Get{})
}
