package labgob

import (
	"bytes"
	"log"
	"os"
	"strings"
	"sync"
	"testing"
)

// forget makes this package meet every type for the first time again, so that tests may be
// repeated within a process.
func forget() {
	encTypes.Clear()
	dynamicTypes.Clear()
	inspected.Clear()
	rootTypes.Store(nil)
	rootVocab.Store(nil)
	warnings.mu.Lock()
	defer warnings.mu.Unlock()
	clear(warnings.said)
}

// quiet collects the warnings issued until the test ends, instead of printing them.
func quiet(t testing.TB) func() []string {
	var mu sync.Mutex
	var texts []string
	warnings.mu.Lock()
	before := warnings.sink
	warnings.sink = func(text string) {
		mu.Lock()
		defer mu.Unlock()
		texts = append(texts, text)
	}
	warnings.mu.Unlock()
	t.Cleanup(func() {
		warnings.mu.Lock()
		defer warnings.mu.Unlock()
		warnings.sink = before
	})
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return texts
	}
}

func wantWarnings(t *testing.T, got []string, words ...string) {
	t.Helper()
	if len(got) != len(words) {
		t.Fatalf("%d warnings instead of %d:\n%s", len(got), len(words), strings.Join(got, "\n"))
	}
	for i, w := range words {
		for _, word := range strings.Fields(w) {
			if !strings.Contains(got[i], word) {
				t.Errorf("warning %q does not say %q", got[i], word)
			}
		}
	}
}

func TestLowerCaseFieldsAreReportedOncePerType(t *testing.T) {
	forget()
	type deep struct{ Fine, hidden int }
	_ = deep{}.hidden
	type message struct {
		Term  int
		vote  int
		Inner map[string][]*deep
	}
	texts := quiet(t)
	before := Warnings()
	for range 3 {
		data := marshal(t, message{Term: 1, vote: 1, Inner: map[string][]*deep{"": {{1, 2}}}})
		if err := Unmarshal(data, new(message)); err != nil {
			t.Fatal(err)
		}
	}
	wantWarnings(t, texts(), "deep hidden", "message vote")
	if got := Warnings() - before; got != 2 {
		t.Errorf("Warnings counts %d, not 2", got)
	}
}

func TestLowerCaseFieldsAreReportedWhereverATypeIsFirstSeen(t *testing.T) {
	forget()
	type registered struct{ A, b int }
	type received struct{ A, b int }
	type command struct{ A, b int }
	texts := quiet(t)
	Register(registered{1, 2})
	wantWarnings(t, texts(), "registered b")
	if err := Unmarshal(marshal(t, Base{}), &struct{ Name string }{}); err != nil {
		t.Fatal(err)
	}
	if err := Unmarshal(marshal(t, struct{ A int }{1}), &received{b: 0}); err != nil {
		t.Fatal(err)
	}
	wantWarnings(t, texts(), "registered b", "received b")
	RegisterName("labgob.command", command{})
	marshal(t, LogEntry{1, command{1, 2}})
	wantWarnings(t, texts(), "registered b", "received b", "command b")
}

func TestChannelsAndFunctionsInFieldsAreReported(t *testing.T) {
	forget()
	type message struct {
		Term int
		Done chan bool
		F    *func()
	}
	texts := quiet(t)
	marshal(t, message{1, nil, nil})
	wantWarnings(t, texts(), "message Done F channels")
}

func TestTypesWithTheirOwnEncodingAreNotReported(t *testing.T) {
	forget()
	texts := quiet(t)
	type message struct {
		T Times
		M Methods
		_ int
	}
	marshal(t, message{})
	wantWarnings(t, texts())
}

func TestDecodingIntoAUsedVariableIsReportedOncePerType(t *testing.T) {
	forget()
	type reply struct {
		Term  int
		Inner struct{ Ok bool }
		Log   []int
		note  int
	}
	type fresh reply
	quiet(t)
	data, other := marshal(t, reply{Term: 1}), marshal(t, fresh{Term: 1})
	texts := quiet(t)
	if err := Unmarshal(other, &fresh{note: 1, Log: []int{}}); err != nil {
		t.Fatal(err)
	}
	wantWarnings(t, texts()) // nothing that gob could leave in place
	for range 3 {
		r := reply{Log: []int{1}}
		r.Inner.Ok = true
		if err := Unmarshal(data, &r); err != nil {
			t.Fatal(err)
		}
	}
	wantWarnings(t, texts(), "reply Inner.Ok")
	used := "x"
	if err := Unmarshal(marshal(t, "y"), &used); err != nil || used != "y" {
		t.Fatal(used, err)
	}
	wantWarnings(t, texts(), "reply Inner.Ok", "*string")
	if err := Unmarshal(marshal(t, List{}), &List{1, nil}); err != nil {
		t.Fatal(err)
	}
	wantWarnings(t, texts(), "reply Inner.Ok", "*string", "List Value")
}

func TestWarningsGoToTheStandardLogger(t *testing.T) {
	forget()
	var out bytes.Buffer
	log.SetOutput(&out)
	defer log.SetOutput(os.Stderr)
	type odd struct{ A, b int }
	marshal(t, odd{1, 2})
	if !strings.Contains(out.String(), "labgob: warning:") {
		t.Errorf("the log says %q", out.String())
	}
}
