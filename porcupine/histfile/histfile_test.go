package histfile_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"raftlab/porcupine"
	"raftlab/porcupine/histfile"
	"raftlab/porcupine/models"
)

func read(t *testing.T, text, model string) *histfile.History {
	t.Helper()
	h, err := histfile.Read(strings.NewReader(text), "test", model)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func get(value string) (models.KvInput, models.KvOutput) {
	return models.KvInput{Op: models.KvGet, Key: "x"}, models.KvOutput{Value: value}
}

func TestOperations(t *testing.T) {
	h := read(t, `{"model":"kv"}
{"client":0,"op":"put","key":"x","value":"1","call":100,"return":200}

{"client":1,"op":"get","key":"x","call":150,"return":250,"output":"1"}
{"client":0,"op":"append","key":"x","value":"2","call":200}
{"client":1,"op":"get","key":"x","call":260,"return":270,"output":null}
{"client":2,"op":"get","key":"x","call":300,"return":310,"unknown":true}
`, "")
	in, out := get("1")
	missing, nothing := get("")
	want := []porcupine.Operation{
		{ClientId: 0, Input: models.KvInput{Op: models.KvPut, Key: "x", Value: "1"}, Call: 100,
			Return: 200,
			Output: models.KvOutput{}, Metadata: histfile.Line(2)},
		{ClientId: 1, Input: in, Call: 150, Return: 250, Output: out, Metadata: histfile.Line(4)},
		{ClientId: 0, Input: models.KvInput{Op: models.KvAppend, Key: "x", Value: "2"}, Call: 200,
			Pending:  true,
			Metadata: histfile.Line(5)},
		{ClientId: 1, Input: missing, Call: 260, Return: 270, Output: nothing,
			Metadata: histfile.Line(6)},
		{ClientId: 2, Input: missing, Call: 300, Return: 310, Metadata: histfile.Line(7)},
	}
	if h.Model != histfile.KV || !reflect.DeepEqual(h.Operations, want) {
		t.Errorf("model %s\n got %+v\nwant %+v", h.Model, h.Operations, want)
	}
}

func TestEvents(t *testing.T) {
	h := read(t, `{"event":"call","client":0,"op":"write","value":5}
{"event":"call","client":1,"op":"cas","from":5,"value":"six"}
{"event":"return","client":1,"ok":true}
{"event":"call","client":1,"id":"a","op":"read"}
{"event":"call","client":1,"id":"b","op":"read"}
{"event":"return","client":1,"id":"a","output":"six"}
{"event":"return","client":0}
`, "")
	want := []porcupine.Operation{
		{ClientId: 0, Input: models.RegisterInput{Op: models.RegisterWrite, Value: int64(5)},
			Call: 0, Return: 6,
			Output: models.RegisterOutput{}, Metadata: histfile.Line(1)},
		{ClientId: 1, Input: models.RegisterInput{Op: models.RegisterCas, From: int64(5),
			Value: "six"}, Call: 1, Return: 2,
			Output: models.RegisterOutput{Ok: true}, Metadata: histfile.Line(2)},
		{ClientId: 1, Input: models.RegisterInput{}, Call: 3, Return: 5,
			Output:   models.RegisterOutput{Value: "six"},
			Metadata: histfile.Line(4)},
		{ClientId: 1, Input: models.RegisterInput{}, Call: 4, Pending: true,
			Metadata: histfile.Line(5)},
	}
	if h.Model != histfile.Cas || !reflect.DeepEqual(h.Operations, want) {
		t.Errorf("model %s\n got %+v\nwant %+v", h.Model, h.Operations, want)
	}
}

func TestJepsenLog(t *testing.T) {
	h := read(t, "INFO  jepsen.core - nothing of ours\n"+
		"INFO  jepsen.util - 0\t:invoke\t:write\t4\n"+
		"INFO  jepsen.util - 1\t:invoke\t:cas\t[4 2]\n"+
		"INFO  jepsen.util - 1\t:fail\t:cas\t[4 2]\n"+
		"INFO  jepsen.util - 0\t:info\t:write\t:timed-out\n"+
		"2015-01-01 INFO  jepsen.util - 2   :invoke   :read   nil\n"+
		"INFO  jepsen.util - 2\t:fail\t:read\t:timed-out\n"+
		"INFO  jepsen.util - 3\t:invoke\t:read\tnil\n"+
		"INFO  jepsen.util - 3\t:ok\t:read\tnil\n"+
		"INFO  jepsen.util - 4\t:invoke\t:cas\t[1 2]\n", "")
	want := []porcupine.Operation{
		{ClientId: 0, Input: models.RegisterInput{Op: models.RegisterWrite, Value: int64(4)},
			Call: 0, Pending: true,
			Metadata: histfile.Line(2)},
		{ClientId: 1, Input: models.RegisterInput{Op: models.RegisterCas, From: int64(4),
			Value: int64(2)}, Call: 1, Return: 2,
			Output: models.RegisterOutput{}, Metadata: histfile.Line(3)},
		{ClientId: 3, Input: models.RegisterInput{}, Call: 5, Return: 6,
			Output: models.RegisterOutput{}, Metadata: histfile.Line(8)},
		{ClientId: 4, Input: models.RegisterInput{Op: models.RegisterCas, From: int64(1),
			Value: int64(2)}, Call: 7, Pending: true,
			Metadata: histfile.Line(10)},
	}
	if h.Model != histfile.Cas || !reflect.DeepEqual(h.Operations, want) {
		t.Errorf("model %s\n got %+v\nwant %+v", h.Model, h.Operations, want)
	}
}

func TestJepsenMaps(t *testing.T) {
	h := read(t, `{:process 9, :type :invoke, :f :append, :key "x", :value "a\"b"}
{:process 4, :type :invoke, :f :get, :key "x", :value nil}
{:process 4, :type :ok, :f :get, :key "x", :value "a\"b"}
{:process 9, :type :ok, :f :append, :key "x", :value "a\"b"}
{:process 9, :type :invoke, :f :put, :key "x", :value ""}
{:process 9, :type :info, :f :put, :key "x", :value :timed-out}
`, "")
	in, out := get(`a"b`)
	want := []porcupine.Operation{
		{ClientId: 9, Input: models.KvInput{Op: models.KvAppend, Key: "x", Value: `a"b`}, Call: 0,
			Return: 3,
			Output: models.KvOutput{}, Metadata: histfile.Line(1)},
		{ClientId: 4, Input: in, Call: 1, Return: 2, Output: out, Metadata: histfile.Line(2)},
		{ClientId: 9, Input: models.KvInput{Op: models.KvPut, Key: "x"}, Call: 4, Pending: true,
			Metadata: histfile.Line(5)},
	}
	if h.Model != histfile.KV || !reflect.DeepEqual(h.Operations, want) {
		t.Errorf("model %s\n got %+v\nwant %+v", h.Model, h.Operations, want)
	}
}

func TestEmptyFile(t *testing.T) {
	for _, text := range []string{"", "\n  \n", `{"model":"register"}`} {
		if h := read(t, text, ""); len(h.Operations) != 0 || h.Model == "" {
			t.Errorf("%q: %+v", text, h)
		}
	}
}

func TestModelAskedFor(t *testing.T) {
	text := `{"client":0,"op":"write","value":1,"call":1,"return":2}`
	if h := read(t, text, ""); h.Model != histfile.Register {
		t.Errorf("smallest model is %s", h.Model)
	}
	if h := read(t, `{"model":"register"}`+"\n"+text, "cas"); h.Model != histfile.Cas {
		t.Errorf("asked for cas, got %s", h.Model)
	}
	m, err := histfile.Model(histfile.Cas)
	if err != nil || m.DescribeOperationMetadata(histfile.Line(3)) != "line 3" ||
		m.DescribeOperationMetadata(nil) != "" {
		t.Errorf("%v", err)
	}
}

// okLine is a line with nothing wrong.
const okLine = `{"client":0,"op":"put","key":"x","value":"1","call":100,"return":200}` + "\n"

// malformed is files with one thing wrong in each, and words that the error must have.
var malformed = []struct {
	name, text string
	want       []string
}{
	{"no JSON", okLine + "{oops", []string{"test:2:", "not a record"}},
	{"an unknown field", okLine + `{"klient":1}`, []string{"test:2:", "klient"}},
	{"two values in a line", `{"model":"kv"} {}`, []string{"test:1:", "more than one"}},
	{"no client", `{"op":"get","call":1}`, []string{"test:1:", `"client"`}},
	{"no operation", `{"client":1,"call":1}`, []string{"test:1:", "names no operation"}},
	{"an unknown operation", `{"client":1,"op":"steal","call":1}`,
		[]string{"test:1:", `"steal"`, "append"}},
	{"no call time", `{"client":1,"op":"get","key":"x"}`, []string{"test:1:", "get", `"call"`}},
	{"a return before the call", okLine +
		`{"client":1,"op":"get","key":"x","call":9,"return":5,"output":"1"}`,
		[]string{"test:2:", "get of client 1", "at 5", "at 9"}},
	{"no answer", `{"client":1,"op":"get","call":1,"return":2}`,
		[]string{"test:1:", `"output"`}},
	{"an answer without a return", `{"client":1,"op":"get","call":1,"output":"1"}`,
		[]string{"test:1:", `"return"`}},
	{"an answer of a put",
		`{"client":1,"op":"put","value":"1","call":1,"return":2,"output":"1"}`, []string{"test:1:", "put"}},
	{"a cas without ok", `{"client":1,"op":"cas","value":"1","call":1,"return":2}`,
		[]string{"test:1:", `"ok"`}},
	{"a read with ok", `{"client":1,"op":"read","call":1,"return":2,"output":1,"ok":true}`,
		[]string{"test:1:", `"ok"`}},
	{"known and unknown",
		`{"client":1,"op":"read","call":1,"return":2,"output":1,"unknown":true}`, []string{"test:1:", "unknown"}},
	{"a put of a number", `{"client":1,"op":"put","value":7,"call":1}`,
		[]string{"test:1:", "string", "7"}},
	{"a get of a number", `{"client":1,"op":"get","call":1,"return":2,"output":7}`,
		[]string{"test:1:", "not a string"}},
	{"a value of a wrong type", `{"client":1,"op":"write","value":[1],"call":1}`,
		[]string{"test:1:", `"value"`}},
	{"a fraction", `{"client":1,"op":"write","value":1.5,"call":1}`,
		[]string{"test:1:", "1.5"}},
	{"a write of nothing", `{"client":1,"op":"write","call":1}`,
		[]string{"test:1:", "needs a value"}},
	{"operations of one client that overlap", okLine + "\n" +
		`{"client":0,"op":"get","key":"x","call":150,"return":300,"output":""}`,
		[]string{"test:3:", "client 0", "get at 150", "put of line 1", "until 200"}},
	{"a call after one that never returned", `{"client":0,"op":"get","call":1}` + "\n" +
		`{"client":0,"op":"get","call":5}`,
		[]string{"test:2:", "line 1 never returned"}},
	{"two events open", `{"event":"call","client":3,"op":"get"}` + "\n" +
		`{"event":"call","client":3,"op":"put","value":""}`,
		[]string{"test:2:", "client 3 calls put", "get in line 1"}},
	{"a return without a call", `{"event":"return","client":3}`,
		[]string{"test:1:", "client 3", "no call open"}},
	{"a return from another operation", `{"event":"call","client":3,"op":"get"}` + "\n" +
		`{"event":"return","client":3,"op":"put","output":""}`, []string{"test:2:", "from put",
		"get in line 1"}},
	{"an answer in a call", `{"event":"call","client":3,"op":"get","output":""}`,
		[]string{"test:1:", "answer"}},
	{"times in events", `{"event":"call","client":3,"op":"get","call":1}`,
		[]string{"test:1:", "order of the lines"}},
	{"an unknown event", `{"event":"think","client":3}`, []string{"test:1:", `"think"`}},
	{"both forms", okLine + `{"event":"call","client":3,"op":"get"}`, []string{"test:2:", "mixes"}},
	{"an unknown model", `{"model":"queue"}`, []string{"test:1:", `"queue"`, "register"}},
	{"a model too late", okLine + `{"model":"kv"}`, []string{"test:2:", "first line"}},
	{"operations of two models", okLine + `{"client":1,"op":"read","call":1}`,
		[]string{"test:2:", "read", `"kv"`}},

	{"a Jepsen line cut short", "INFO  jepsen.util - 0\t:invoke",
		[]string{"test:1:", "jepsen.util"}},
	{"a Jepsen map cut short", `{:process 0, :type :invoke, :f :get`,
		[]string{"test:1:", ":process"}},
	{"a process that does two things",
		"INFO jepsen.util - 0 :invoke :read nil\nINFO jepsen.util - 0 :invoke :read nil",
		[]string{"test:2:", "process 0", "line 1"}},
	{"a process that was lost",
		"INFO jepsen.util - 0 :invoke :read nil\nINFO jepsen.util - 0 :info :read :timed-out\n" +
			"INFO jepsen.util - 0 :invoke :read nil", []string{"test:3:", "process 0", "line 1"}},
	{"a return of nothing", "INFO jepsen.util - 0 :ok :read nil",
		[]string{"test:1:", "no call open"}},
	{"a loss of nothing", "INFO jepsen.util - 0 :info :read nil",
		[]string{"test:1:", "no call open"}},
	{"a loss of something else",
		"INFO jepsen.util - 0 :invoke :read nil\nINFO jepsen.util - 0 :info :write 3",
		[]string{"test:2:", "write", "read in line 1"}},
	{"an unknown type",
		"INFO jepsen.util - 0 :invoke :read nil\nINFO jepsen.util - 0 :maybe :read nil",
		[]string{"test:2:", `"maybe"`}},
	{"a cas of one value", "INFO jepsen.util - 0 :invoke :cas 3",
		[]string{"test:1:", "[from to]"}},
	{"a value of another kind", "INFO jepsen.util - 0 :invoke :write #{1}",
		[]string{"test:1:", "#{1}"}},
	{"a process beyond all numbers",
		"INFO jepsen.util - 99999999999999999999 :invoke :read nil", []string{"test:1:",
			"too large"}},
}

func TestErrors(t *testing.T) {
	for _, test := range malformed {
		t.Run(test.name, func(t *testing.T) {
			_, err := histfile.Read(strings.NewReader(test.text), "test", "")
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
		})
	}
}

func TestOpen(t *testing.T) {
	if _, err := histfile.Open(filepath.Join(t.TempDir(), "none"), ""); err == nil {
		t.Error("no error for a file that is not there")
	}
	path := filepath.Join(t.TempDir(), "h.jsonl")
	if err := os.WriteFile(path, []byte("{oops"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := histfile.Open(path, ""); err == nil || !strings.Contains(err.Error(), path+":1:") {
		t.Errorf("error %v", err)
	}
	if _, err := histfile.Open(path, "queue"); err == nil ||
		!strings.Contains(err.Error(), `"queue"`) {
		t.Errorf("error %v", err)
	}
}

// FuzzRead feeds arbitrary files: what is read can be judged, or is an error with the file's name.
func FuzzRead(f *testing.F) {
	f.Add(`{"client":0,"op":"put","key":"x","value":"1","call":100,"return":200}`)
	f.Add(`{"event":"call","client":0,"op":"cas","from":1,"value":2}` + "\n" +
		`{"event":"return","client":0,"ok":true}`)
	f.Add("INFO  jepsen.util - 1\t:invoke\t:cas\t[4 2]\nINFO  jepsen.util - 1\t:fail\t:cas\t[4 2]")
	f.Add(`{:process 9, :type :invoke, :f :append, :key "x", :value "a\"b"}`)
	f.Fuzz(func(t *testing.T, text string) {
		h, err := histfile.Read(strings.NewReader(text), "test", "")
		if err != nil {
			if !strings.HasPrefix(err.Error(), "test:") {
				t.Errorf("error %q does not name the file", err)
			}
			return
		}
		if len(h.Operations) > 8 {
			return
		}
		m, err := histfile.Model(h.Model)
		if err != nil {
			t.Fatal(err)
		}
		porcupine.CheckOperations(m, h.Operations) // panics if the history cannot be one
	})
}
