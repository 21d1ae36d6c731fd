package build

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/tetratelabs/wazero"
	wasi "github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
	"github.com/tetratelabs/wazero/sys"
)

const comparison = "internal/sim/build/testdata/program"

// newBuilder returns a Builder on this module with a cache of its own.
func newBuilder(t testing.TB) *Builder {
	t.Helper()
	b, err := New(Config{Root: "../../..", Cache: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// write makes files in dir, a new one if it is "", and returns it.
func write(t testing.TB, dir string, files map[string]string) string {
	t.Helper()
	if dir == "" {
		dir = t.TempDir()
	}
	for name, text := range files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// goRoot is where the standard library's sources are.
var goRoot = sync.OnceValue(func() string {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		panic(err)
	}
	return strings.TrimSpace(string(out))
})

// constructs is a submission of the package in testdata, and copies of packages of the standard library below it.
func constructs(t testing.TB) (dir string) {
	t.Helper()
	dir = t.TempDir()
	// Named so that no tool formats them: statements that share a line are what columns are tested on.
	for _, name := range glob(t, "testdata/constructs/*.go.txt") {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		write(t, dir, map[string]string{"raft/" + strings.TrimSuffix(filepath.Base(name), ".txt"): string(text)})
	}
	for _, name := range []string{"regexp", "compress/flate", "encoding/xml", "go/printer"} {
		for _, file := range glob(t, filepath.Join(goRoot(), "src", name, "*.go")) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			write(t, dir, map[string]string{"raft/std/" + name + "/" + filepath.Base(file): string(text)})
		}
	}
	return dir
}

// run runs a module to its end, which may be a failed test's, and returns what it printed and the units that
// its meter counted.
func run(t *testing.T, m Module, args ...string) (output string, units uint64) {
	t.Helper()
	binary, err := m.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigCompiler().WithCompilationCache(compiled()))
	defer r.Close(ctx)
	wasi.MustInstantiate(ctx, r)
	host := r.NewHostModuleBuilder("raftlab")
	host.NewFunctionBuilder().WithFunc(func(n, _ uint32) uint32 { units += uint64(n); return 0 }).Export("meter_charge")
	host.NewFunctionBuilder().WithFunc(func() uint64 { return 1 }).Export("meter_seed")
	host.NewFunctionBuilder().WithFunc(func() uint32 { return 20 }).Export("meter_odds")
	host.NewFunctionBuilder().WithFunc(func(uint32) uint64 { return 0 }).Export("meter_pause")
	if _, err := host.Instantiate(ctx); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	config := wazero.NewModuleConfig().WithArgs(append([]string{"program"}, args...)...).WithStdout(&out).
		WithStderr(&out).WithSysNanotime().WithSysNanosleep().WithSysWalltime()
	for _, pair := range m.Env {
		name, value, _ := strings.Cut(pair, "=")
		config = config.WithEnv(name, value)
	}
	_, err = r.InstantiateWithConfig(ctx, binary, config)
	var exit *sys.ExitError
	if err != nil && !(errors.As(err, &exit) && exit.ExitCode() <= 1) {
		t.Fatalf("%v\n%s", err, out.String())
	}
	return out.String(), units
}

// compiled shares compiled modules between runs.
var compiled = sync.OnceValue(wazero.NewCompilationCache)

// Programs do the same with the meter as without, to the line numbers in their traces.
func TestMeteringKeepsMeaning(t *testing.T) {
	b, dir := newBuilder(t), constructs(t)
	plain, err := b.Build(t.Context(), Spec{Raft: filepath.Join(dir, "raft"), Main: comparison, Plain: true})
	if err != nil {
		t.Fatal(err)
	}
	metered, err := b.Build(t.Context(), Spec{Raft: filepath.Join(dir, "raft"), Main: comparison})
	if err != nil {
		t.Fatal(err)
	}
	want, none := run(t, plain)
	got, units := run(t, metered)
	if got != want {
		t.Errorf("with the meter it printed\n%s\nwithout\n%s", got, want)
	}
	if !strings.HasSuffix(want, "all done\n") || !strings.Contains(want, "loop variables 12\n") {
		t.Errorf("it printed\n%s", want)
	}
	if none != 0 || units < 10_000 {
		t.Errorf("%d units without the meter, %d with it", none, units)
	}
	if len(plain.Sites) != 0 || len(metered.Sites) < 500 {
		t.Errorf("%d sites without the meter, %d with it", len(plain.Sites), len(metered.Sites))
	}
	checkSites(t, metered, filepath.Join(dir, "raft"))
}

// checkSites compares sites with the lines that they name.
func checkSites(t *testing.T, m Module, dir string) {
	t.Helper()
	file := filepath.Join(dir, "constructs.go")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	var last uint32
	found := 0
	for _, s := range m.Sites {
		if s.ID <= last {
			t.Fatalf("site %d after %d", s.ID, last)
		}
		last = s.ID
		if known, ok := m.Site(s.ID); !ok || known != s {
			t.Fatalf("Site(%d) = %v, %v", s.ID, known, ok)
		}
		if s.File != file {
			continue
		}
		if at := lines[s.Line-1][s.Column-1:]; strings.HasPrefix(at, "for {") && s.Function == "jumps" {
			found++
		}
	}
	if found != 1 {
		t.Errorf("%d sites for the one endless loop in jumps", found)
	}
	if _, ok := m.Site(0); ok {
		t.Error("there is a site 0")
	}
}

func TestPanicsNameTheStudentsFile(t *testing.T) {
	m := Module{labels: map[string]string{"raftlab/raft/raft.go": "/submissions/ann/raft/raft.go"}}
	trace := "\traftlab/raft/raft.go:12 +0x1\n\traftlab/labrpc/end.go:3\n"
	if got := m.Localize(trace, ""); got != "\t/submissions/ann/raft/raft.go:12 +0x1\n\traftlab/labrpc/end.go:3\n" {
		t.Errorf("got %q", got)
	}
	if got := m.Localize(trace, "/submissions/ann"); !strings.HasPrefix(got, "\traft/raft.go:12 ") {
		t.Errorf("got %q", got)
	}
}
