package porcupine

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	rival "github.com/anishathalye/porcupine"
	ours "raftlab/porcupine"
	"raftlab/porcupine/histfile"
)

// rivalData returns the rival's folder of test data, in the module cache: none of it is copied
// here.
func rivalData(tb testing.TB) string {
	tb.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}",
		"github.com/anishathalye/porcupine").Output()
	if err != nil {
		tb.Fatalf("find the rival's test data: %v", err)
	}
	return filepath.Join(strings.TrimSpace(string(out)), "test_data")
}

// rivalFiles returns the paths of that data by short name.
func rivalFiles(tb testing.TB) map[string]string {
	dir := rivalData(tb)
	files := map[string]string{}
	for _, pattern := range []string{"jepsen/*.log", "kv/*.txt"} {
		paths, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil || len(paths) == 0 {
			tb.Fatalf("no test data at %s/%s: %v", dir, pattern, err)
		}
		for _, path := range paths {
			name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
			files[name] = path
		}
	}
	return files
}

func load(tb testing.TB, path string) *histfile.History {
	tb.Helper()
	h, err := histfile.Open(path, "")
	if err != nil {
		tb.Fatal(err)
	}
	return h
}

// specOf is the model for a history read from a file.
func specOf(h *histfile.History) spec {
	if h.Model == histfile.KV {
		return kvSpec()
	}
	return registerSpec()
}

// forRival turns a history into the rival's, which has no pending operations: they return after
// everything else, with an answer that is not known.
func forRival(history []ours.Operation) []rival.Operation {
	end := int64(0)
	for _, op := range history {
		end = max(end, op.Call, op.Return)
	}
	converted := make([]rival.Operation, len(history))
	for i, op := range history {
		converted[i] = rival.Operation{ClientId: op.ClientId, Input: op.Input, Call: op.Call,
			Output: op.Output,
			Return: op.Return}
		if op.Pending {
			converted[i].Return = end + 1
		}
	}
	return converted
}

// closed gives the product a history just as the rival gets it, without the word Pending.
func closed(history []ours.Operation) []ours.Operation {
	var ops []ours.Operation
	for _, op := range forRival(history) {
		ops = append(ops, ours.Operation{ClientId: op.ClientId, Input: op.Input, Call: op.Call,
			Output: op.Output,
			Return: op.Return})
	}
	return ops
}

// ownModel is the product's model for a history read from a file.
func ownModel(tb testing.TB, h *histfile.History) ours.Model {
	tb.Helper()
	m, err := histfile.Model(h.Model)
	if err != nil {
		tb.Fatal(err)
	}
	return m
}
