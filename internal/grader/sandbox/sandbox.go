// Package sandbox proves, before submissions are graded, that what they run in holds them: a program of ours tries
// there to read and write files, to open a connection, to read the environment and to start another program, and has
// to be refused each.
package sandbox

import (
	"context"
	"crypto/rand"
	_ "embed" // for the probe
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"raftlab/internal/sim"
	"raftlab/internal/sim/build"
	"raftlab/internal/suite"
	"raftlab/internal/tester"
)

// probe is the source of a package raft that tries everything. It is no file of Go's, since it is built in the
// simulator alone.
//
//go:embed probe.go.txt
var probe string

// attempts are what the probe tries, in its order.
var attempts = []string{"read secret", "read hosts", "read raft.go", "read environ", "list", "write", "make", "remove",
	"connect", "socket", "execute", "start"}

// EscapeError says that the sandbox has let something pass: nothing may be graded in it.
type EscapeError struct{ What []string }

// Error implements error.
func (e *EscapeError) Error() string {
	return "the sandbox does not hold: " + strings.Join(e.What, "; ")
}

// Prove builds the probe with the module's sources at root and runs it. It returns the hash of the probe's program,
// which changes with all that submissions are built into. Programs are kept below cache; "" for a folder of the
// user's. It blocks for some seconds the first time. An error is an *EscapeError, ctx's, or of infrastructure.
func Prove(ctx context.Context, root, cache string) (hash string, err error) {
	dir, err := os.MkdirTemp("", "raftlab-probe-")
	if err != nil {
		return "", fmt.Errorf("sandbox: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	w, err := newWorld(dir)
	if err != nil {
		return "", fmt.Errorf("sandbox: %w", err)
	}
	defer w.close()
	program, hash, err := w.load(ctx, root, cache)
	if err != nil {
		return "", fmt.Errorf("sandbox: make the probe: %w", err)
	}
	defer program.Close()
	s := suite.Scenario{Name: "Probe", Servers: 1, Limit: time.Minute, Raft: func(r *tester.Raft) { r.Sleep(time.Second) }}
	result := sim.Run(ctx, sim.Job{Program: program, Scenario: s, Seed: 1})
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if result.Verdict != sim.Passed {
		return "", fmt.Errorf("sandbox: the probe has not run: %v", result)
	}
	return hash, w.judge(result.Output["server 0"])
}

// world is what the probe must not reach.
type world struct {
	dir      string
	secret   string // in a file there
	listener net.Listener
	address  string
	callers  atomic.Int64
}

func newWorld(dir string) (*world, error) {
	w := &world{dir: dir, secret: rand.Text(), address: "127.0.0.1:1"}
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte(w.secret), 0o600); err != nil {
		return nil, err
	}
	if listener, err := net.Listen("tcp", "127.0.0.1:0"); err == nil { // else there is no network to reach
		w.listener, w.address = listener, listener.Addr().String()
		go w.listen()
	}
	return w, nil
}

func (w *world) listen() {
	for {
		conn, err := w.listener.Accept()
		if err != nil {
			return
		}
		w.callers.Add(1)
		conn.Close()
	}
}

func (w *world) close() {
	if w.listener != nil {
		w.listener.Close()
	}
}

// load builds the probe, as a submission is built, and loads it.
func (w *world) load(ctx context.Context, root, cache string) (p *sim.Program, hash string, err error) {
	source := filepath.Join(w.dir, "submission", "raft")
	if err := os.MkdirAll(source, 0o777); err != nil {
		return nil, "", err
	}
	if err := os.WriteFile(filepath.Join(source, "raft.go"), []byte(probe), 0o666); err != nil {
		return nil, "", err
	}
	if user, err := os.UserCacheDir(); cache == "" && err == nil {
		cache = filepath.Join(user, "raftlab")
	} else if cache == "" {
		cache = filepath.Join(os.TempDir(), "raftlab")
	}
	builder, err := build.New(build.Config{Root: root, Cache: filepath.Join(cache, "programs")})
	if err != nil {
		return nil, "", err
	}
	module, err := builder.Build(ctx, build.Spec{Raft: source, Reactor: true})
	if err != nil {
		return nil, "", err
	}
	code, err := sim.CodeOf(module)
	if err != nil {
		return nil, "", err
	}
	code.Env = append(code.Env, "PROBE_DIR="+w.dir, "PROBE_ADDRESS="+w.address)
	kept := filepath.Join(cache, "machine-code", module.Hash)
	if os.MkdirAll(kept, 0o777) != nil {
		kept = "" // without a cache it takes longer
	}
	p, err = sim.Load(ctx, code, kept)
	return p, module.Hash, err
}

// judge reads what the probe has printed, and looks for traces of it.
func (w *world) judge(printed string) error {
	var escapes []string
	said := map[string]string{}
	for line := range strings.Lines(printed) {
		what, how, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		said[what] = how
		if how != "refused" && what != "told" && what != "all tried" {
			escapes = append(escapes, what+" "+how)
		}
	}
	if told := fmt.Sprintf("got %q", w.dir+" "+w.address); said["told"] != told {
		escapes = append(escapes, "the probe was told where to try, and heard "+said["told"])
	}
	for _, what := range attempts {
		if _, tried := said[what]; !tried {
			escapes = append(escapes, "nothing is known of the attempt: "+what)
		}
	}
	if text, err := os.ReadFile(filepath.Join(w.dir, "secret")); err != nil || string(text) != w.secret {
		escapes = append(escapes, "a file has changed")
	}
	for _, name := range []string{"written", "made", "executed"} {
		if _, err := os.Lstat(filepath.Join(w.dir, name)); !errors.Is(err, os.ErrNotExist) {
			escapes = append(escapes, "the file "+name+" was made")
		}
	}
	if strings.Contains(printed, w.secret) {
		escapes = append(escapes, "a file was read")
	}
	if w.callers.Load() > 0 {
		escapes = append(escapes, "a connection was opened")
	}
	if escapes != nil {
		return &EscapeError{escapes}
	}
	return nil
}
