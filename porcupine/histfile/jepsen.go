package histfile

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Jepsen's types of event: an operation is invoked, and ends ok, as a failure (it did not happen),
// or with info (it may or may not have happened, or happen later; its process is never heard of
// again).
var (
	jepsenTail = regexp.MustCompile(`jepsen\.util(?:\s+-)?\s+(\d+)\s+:(\w+)\s+:(\w+)\s+(.+)$`)
	jepsenCas  = regexp.MustCompile(`^\[(\S+)\s+(\S+)\]$`)
	jepsenMap  = regexp.MustCompile(`^\{:process (\d+), :type :(\w+), :f :(\w+), :key "((?:[^"\\]|\\.)*)", ` +
		`:value (nil|:[\w-]+|"(?:[^"\\]|\\.)*")\}$`)
)

// jepsenEvent is one line.
type jepsenEvent struct {
	process  int
	kind     string
	function string
	key      string
	value    string // as written
}

func (rd *reader) jepsenLine(text string) error {
	e, err := parseJepsen(text)
	if err != nil || e == nil {
		return err
	}
	who := fmt.Sprintf("process %d", e.process)
	if e.kind == "invoke" {
		req := request{op: e.function, key: e.key}
		if req.value, req.from, err = e.arguments(); err != nil {
			return err
		}
		return rd.call(who, e.process, req)
	}
	a := answer{known: e.kind == "ok", ok: e.kind == "ok"}
	failed := false
	switch e.kind {
	case "ok":
		if e.function == "get" || e.function == "read" {
			a.value, err = scalar(e.value)
		}
	case "fail":
		refused := e.function == "cas" && strings.HasPrefix(e.value, "[")
		a.known = refused
		failed = !refused
	case "info":
		return rd.lost(who, e.function)
	default:
		err = fmt.Errorf("unknown type of event %q; there are :invoke, :ok, :fail and :info",
			e.kind)
	}
	if err != nil {
		return err
	}
	ended, err := rd.returns(who, e.function, a)
	if err == nil {
		ended.didNotHappen = failed
	}
	return err
}

// lost leaves the call of a process open for ever. The process stays in rd.open, so that it cannot
// call again.
func (rd *reader) lost(who, function string) error {
	at, busy := rd.open[who]
	if !busy {
		return fmt.Errorf("%s loses track of %s, but has no call open", who, function)
	}
	if e := rd.entries[at]; e.op != function {
		return fmt.Errorf("%s loses track of %s, but called %s in line %d", who, function, e.op,
			e.line)
	}
	return nil
}

// parseJepsen reads a line; it returns nil for one of another logger.
func parseJepsen(text string) (*jepsenEvent, error) {
	var m []string
	if strings.HasPrefix(text, "{") {
		if m = jepsenMap.FindStringSubmatch(text); m == nil {
			return nil, errors.New(`is not of the form {:process 0, :type :invoke, :f :get, :key "k", :value nil}`)
		}
	} else {
		if !strings.Contains(text, "jepsen.util") {
			return nil, nil
		}
		found := jepsenTail.FindStringSubmatch(text)
		if found == nil {
			return nil, errors.New("is not of the form INFO jepsen.util - process :type :operation value")
		}
		m = append(found[:4:4], "", strings.TrimSpace(found[4]))
	}
	process, err := strconv.Atoi(m[1])
	if err != nil {
		return nil, fmt.Errorf("process %s is too large a number", m[1])
	}
	e := &jepsenEvent{process: process, kind: m[2], function: m[3], value: m[5]}
	if m[4] != "" {
		if e.key, err = strconv.Unquote(`"` + m[4] + `"`); err != nil {
			return nil, fmt.Errorf("key %q is not a string", m[4])
		}
	}
	return e, nil
}

// arguments reads what an invocation was given.
func (e *jepsenEvent) arguments() (value, from any, err error) {
	if e.function != "cas" {
		value, err = scalar(e.value)
		return value, nil, err
	}
	m := jepsenCas.FindStringSubmatch(e.value)
	if m == nil {
		return nil, nil, fmt.Errorf("cas needs [from to], not %s", e.value)
	}
	if from, err = scalar(m[1]); err == nil {
		value, err = scalar(m[2])
	}
	return value, from, err
}

// scalar reads nil, an integer or a string.
func scalar(text string) (any, error) {
	if text == "nil" {
		return nil, nil
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, nil
	}
	if s, err := strconv.Unquote(text); err == nil && text[0] == '"' {
		return s, nil
	}
	return nil, fmt.Errorf("value %s is not nil, an integer or a string", text)
}
