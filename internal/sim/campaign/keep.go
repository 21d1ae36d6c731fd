package campaign

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"raftlab/internal/trace"
)

// keeper writes down a run's events while nobody knows yet whether they are wanted.
type keeper struct {
	name   string // of what is kept, without extension; "": nothing is
	file   *os.File
	out    *bufio.Writer
	sink   trace.Sink
	failed func() error
}

// newKeeper begins to keep a run in a folder, "" for nowhere.
func newKeeper(dir string, t task) (*keeper, error) {
	k := &keeper{}
	if dir == "" {
		return k, nil
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("keep a failure: %w", err)
	}
	var err error
	k.name = filepath.Join(dir, fmt.Sprintf("%s-%d", t.scenario.Name, t.seed))
	if k.file, err = os.CreateTemp(dir, filepath.Base(k.name)+"-*.partial"); err != nil {
		return nil, fmt.Errorf("keep a failure: %w", err)
	}
	k.out = bufio.NewWriterSize(k.file, 1<<16)
	k.sink, k.failed = trace.WriteJSONL(k.out)
	return k, nil
}

func (k *keeper) sinks() []trace.Sink {
	if k.sink == nil {
		return nil
	}
	return []trace.Sink{k.sink}
}

// close ends the keeping. If the run is wanted it returns the file with its report; the events are beside it.
func (k *keeper) close(r Record, wanted bool) (report string, err error) {
	if k.file == nil {
		return "", nil
	}
	partial := k.file.Name()
	if !wanted {
		k.file.Close()
		if err := os.Remove(partial); err != nil {
			return "", fmt.Errorf("keep failures only: %w", err)
		}
		return "", nil
	}
	var text strings.Builder
	WriteReport(&text, r)
	err = errors.Join(k.failed(), k.out.Flush(), k.file.Close())
	if err == nil {
		err = errors.Join(os.Rename(partial, k.name+".jsonl"), os.Chmod(k.name+".jsonl", 0o644))
	}
	if err == nil {
		err = os.WriteFile(k.name+".log", []byte(text.String()), 0o666)
	}
	if err != nil {
		return "", fmt.Errorf("keep a failure: %w", err)
	}
	return k.name + ".log", nil
}

// WriteReport writes all there is to say about a run, but for its events: what came of it, what failed, and what each
// peer has printed.
func WriteReport(w io.Writer, r Record) {
	fmt.Fprintf(w, "%s (%s: %s), seed %d: %s after %.3f s of simulated time\n%d servers, %d RPCs, %d bytes, %d events, "+
		"hash %016x\n", r.Scenario.Name, r.Scenario.Part, r.Scenario.Title, r.Seed, r.Verdict, r.Elapsed.Seconds(),
		r.Scenario.Servers, r.Requests, r.Bytes, r.Events, r.Hash)
	for _, note := range r.Notes {
		fmt.Fprintln(w, note)
	}
	WriteFailure(w, r)
	for _, peer := range slices.SortedFunc(maps.Keys(r.Output), comparePeers) {
		fmt.Fprintf(w, "\n--- %s printed\n%s", peer, r.Output[peer])
		if !strings.HasSuffix(r.Output[peer], "\n") {
			fmt.Fprintln(w)
		}
	}
}

// WriteFailure writes what failed, in several lines, and the last events that matter to it; nothing for a pass.
func WriteFailure(w io.Writer, r Record) {
	if r.Detail != "" && r.Peer != "" {
		fmt.Fprintf(w, "\n%s: %s\n", r.Peer, strings.TrimSpace(r.Detail))
	}
	if f := r.Failure; f != nil {
		if r.Detail != "" { // said already
			shown := *f
			shown.Message, _, _ = strings.Cut(f.Message, "\n")
			f = &shown
		}
		fmt.Fprintf(w, "\n%s", f.Report())
	}
}

// comparePeers orders "server 2" before "server 10", and clients before servers.
func comparePeers(a, b string) int {
	kindA, numberA, _ := strings.Cut(a, " ")
	kindB, numberB, _ := strings.Cut(b, " ")
	return cmp.Or(cmp.Compare(kindA, kindB), cmp.Compare(len(numberA), len(numberB)), cmp.Compare(numberA, numberB))
}
