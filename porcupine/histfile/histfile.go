// Package histfile reads histories from files, for [raftlab/porcupine] to judge.
//
// Two formats are known, and told apart by how a file begins: JSONL, one object to a line, which
// this project writes (docs/formats/history.md describes it), and logs of Jepsen, in two shapes:
//
//	INFO  jepsen.util - 3	:invoke	:cas	[3 0]
//	{:process 9, :type :invoke, :f :append, :key "0", :value "x 9 0 y"}
//
// An error names the file and the line, and says what is wrong with it.
package histfile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"raftlab/porcupine"
	"raftlab/porcupine/models"
)

// maxLine bounds a line, in bytes.
const maxLine = 64 << 20

// The names of the models that a file can be about.
const (
	KV       = "kv"
	Register = "register"
	Cas      = "cas"
)

// Model returns the model with that name. The error lists the names there are.
func Model(name string) (porcupine.Model, error) {
	var m porcupine.Model
	switch name {
	case KV:
		m = models.KvModel
	case Register:
		m = models.RegisterModel
	case Cas:
		m = models.CasModel
	default:
		return m, fmt.Errorf("no model is called %q; there are %s (get, put, append), %s (read, write) and %s "+
			"(read, write, cas)", name, KV, Register, Cas)
	}
	m.DescribeOperationMetadata = func(info any) string {
		if line, ok := info.(Line); ok {
			return line.String()
		}
		return ""
	}
	return m, nil
}

// Line is the Metadata of operations read from a file: the line that holds the call.
type Line int

// String returns "line n".
func (l Line) String() string { return fmt.Sprintf("line %d", int(l)) }

// History is the content of a file.
type History struct {
	// KV, Register or Cas: what the file says, or the smallest that has all its operations
	Model      string
	Operations []porcupine.Operation
}

// Open reads the file at path. model is the name of the model it is about; "" leaves it to the
// file.
func Open(path, model string) (*History, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return Read(f, path, model)
}

// Read reads a history from r, which errors call name. model is as in [Open].
func Read(r io.Reader, name, model string) (*History, error) {
	if model != "" {
		if _, err := Model(model); err != nil {
			return nil, err
		}
	}
	rd := &reader{name: name, model: model, open: map[string]int{}}
	scanner := bufio.NewScanner(r)
	scanner.Buffer(make([]byte, 1<<16), maxLine)
	for scanner.Scan() {
		rd.line++
		text := strings.TrimSpace(scanner.Text())
		if text == "" {
			continue
		}
		if rd.parse == nil {
			rd.parse = formatOf(text)
		}
		if err := rd.parse(rd, text); err != nil {
			return nil, rd.fail(rd.line, err)
		}
	}
	if err := scanner.Err(); err != nil {
		if errors.Is(err, bufio.ErrTooLong) {
			return nil, rd.fail(rd.line+1, fmt.Errorf("is longer than %d MB", maxLine>>20))
		}
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return rd.finish()
}

// formatOf returns the parser for a file whose first line is text.
func formatOf(text string) func(*reader, string) error {
	isMap := strings.HasPrefix(text, "{:")
	isLog := strings.Contains(text, "INFO") && !strings.HasPrefix(text, "{")
	if isMap || isLog {
		return (*reader).jepsenLine
	}
	return (*reader).jsonLine
}

// reader builds a history line by line.
type reader struct {
	name  string
	model string // asked for, or named by the file
	line  int
	parse func(*reader, string) error

	form    form
	clock   int64 // of events: how many there were
	entries []entry
	open    map[string]int // entry of each call without a return, by client or id
}

// form is how a JSONL file writes operations; one file keeps to one.
type form int

const (
	undecided form = iota
	asEvents
	asOperations
)

// entry is an operation and where it stands.
type entry struct {
	request
	answer
	client       int
	call, ret    int64
	line         int
	returned     bool
	didNotHappen bool
	alone        bool // its client has no other call open meanwhile
}

// request is what was asked, in the words of the file.
type request struct {
	op    string
	key   string
	value any
	from  any
}

// answer is what was answered.
type answer struct {
	known bool
	value any
	ok    bool
}

func (rd *reader) fail(line int, err error) error {
	return fmt.Errorf("%s:%d: %w", rd.name, line, err)
}

// call begins an operation. who is the client, or the id, that has no other call open.
func (rd *reader) call(who string, client int, req request) error {
	if err := checkRequest(req); err != nil {
		return err
	}
	if other, busy := rd.open[who]; busy {
		e := rd.entries[other]
		return fmt.Errorf("%s calls %s while its call of %s in line %d is open: wait for the return, or "+
			"use another client", who, req.op, e.op, e.line)
	}
	rd.open[who] = len(rd.entries)
	rd.entries = append(rd.entries, entry{request: req, client: client, call: rd.clock,
		line: rd.line})
	rd.clock++
	return nil
}

// returns ends the operation that who has open.
func (rd *reader) returns(who, op string, a answer) (*entry, error) {
	at, busy := rd.open[who]
	if !busy {
		return nil, fmt.Errorf("%s returns, but has no call open", who)
	}
	e := &rd.entries[at]
	if op != "" && op != e.op {
		return nil, fmt.Errorf("%s returns from %s, but called %s in line %d", who, op, e.op,
			e.line)
	}
	if a.known && e.op == "get" {
		if _, ok := a.value.(string); !ok && a.value != nil {
			return nil, fmt.Errorf("get of key %q returns %v, which is not a string", e.key,
				a.value)
		}
	}
	delete(rd.open, who)
	e.answer, e.ret, e.returned = a, rd.clock, true
	rd.clock++
	return e, nil
}

// checkRequest reports what is missing or does not fit.
func checkRequest(req request) error {
	switch req.op {
	case "get", "read":
		return nil
	case "put", "append":
		if _, ok := req.value.(string); !ok {
			return fmt.Errorf("%s of key %q needs a string as its value, not %v", req.op, req.key,
				req.value)
		}
		return nil
	case "write":
		if req.value == nil {
			return fmt.Errorf("write needs a value")
		}
		return nil
	case "cas":
		if req.value == nil {
			return fmt.Errorf("cas needs a value to set")
		}
		return nil
	case "":
		return fmt.Errorf("names no operation (get, put, append, read, write or cas)")
	}
	return fmt.Errorf("unknown operation %q; there are get, put, append, read, write and cas",
		req.op)
}
