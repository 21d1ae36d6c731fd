package meter_test

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	wasi "github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
	"github.com/tetratelabs/wazero/sys"
)

// host is what a run of the program in testdata sees of the world: a clock that moves when work is charged, when
// it is read, and when the program waits; and input that comes at times.
type host struct {
	input []int64 // when each byte of input comes, in nanoseconds, ascending
	seed  uint64
	odds  uint32
	sleep int64 // at each point that matters
	limit int64 // of the clock, beyond which the instance is ended

	now     int64
	units   int64
	charges int
	pauses  int
	site    uint32
	out     strings.Builder
	ended   bool // by the limit
}

// defaultLimit is a second, unless a test says otherwise.
const defaultLimit = 1e9

// shared holds the compiled program, which all runs share.
var shared struct {
	once    sync.Once
	runtime wazero.Runtime
	program wazero.CompiledModule
	err     error
}

type hostKey struct{}

// run runs the program of testdata with an argument on h.
func (h *host) run(t testing.TB, argument string) string {
	t.Helper()
	ctx := context.WithValue(t.Context(), hostKey{}, h)
	shared.once.Do(func() { shared.err = prepare() })
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	if h.limit == 0 {
		h.limit = defaultLimit
	}
	config := wazero.NewModuleConfig().WithName("").WithArgs("spin", argument).
		WithStdout(&h.out).WithStderr(&h.out).WithRandSource(zeros{})
	instance, err := shared.runtime.InstantiateModule(ctx, shared.program, config)
	if instance != nil {
		instance.Close(ctx)
	}
	var exit *sys.ExitError
	if err != nil && !(errors.As(err, &exit) && (exit.ExitCode() == 0 || h.ended)) {
		t.Fatalf("%s: %v\n%s", argument, err, h.out.String())
	}
	return h.out.String()
}

// zeros is a source of no chance.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func prepare() error {
	dir, err := os.MkdirTemp("", "meter")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "spin.wasm")
	compile := exec.Command("go", "build", "-o", file, "-ldflags=-s -w", "./testdata/spin")
	compile.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0")
	if out, err := compile.CombinedOutput(); err != nil {
		return errors.New(string(out) + err.Error())
	}
	binary, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	ctx := context.Background()
	shared.runtime = wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigCompiler())
	system := shared.runtime.NewHostModuleBuilder(wasi.ModuleName)
	wasi.NewFunctionExporter().ExportFunctions(system)
	system.NewFunctionBuilder().WithFunc(clockTimeGet).Export("clock_time_get")
	system.NewFunctionBuilder().WithFunc(fdStatGet).Export("fd_fdstat_get")
	system.NewFunctionBuilder().WithFunc(fdRead).Export("fd_read")
	system.NewFunctionBuilder().WithFunc(pollOneoff).Export("poll_oneoff")
	if _, err := system.Instantiate(ctx); err != nil {
		return err
	}
	raftlab := shared.runtime.NewHostModuleBuilder("raftlab")
	raftlab.NewFunctionBuilder().WithFunc(charge).Export("meter_charge")
	raftlab.NewFunctionBuilder().WithFunc(func(ctx context.Context) uint64 { return of(ctx).seed }).Export("meter_seed")
	raftlab.NewFunctionBuilder().WithFunc(func(ctx context.Context) uint32 { return of(ctx).odds }).Export("meter_odds")
	raftlab.NewFunctionBuilder().WithFunc(func(ctx context.Context, _ uint32) uint64 {
		of(ctx).pauses++
		return uint64(of(ctx).sleep)
	}).Export("meter_pause")
	if _, err := raftlab.Instantiate(ctx); err != nil {
		return err
	}
	shared.program, err = shared.runtime.CompileModule(ctx, binary)
	return err
}

func of(ctx context.Context) *host { return ctx.Value(hostKey{}).(*host) }

// waits says whether input waits.
func (h *host) waits() bool { return len(h.input) > 0 && h.input[0] <= h.now }

const (
	unitCost = 2   // nanoseconds
	readCost = 150 // nanoseconds: a look at the clock
)

// pass moves the clock, and ends the instance beyond its limit.
func (h *host) pass(ctx context.Context, m api.Module, ns int64) {
	h.now += ns
	if h.now > h.limit {
		h.ended = true
		m.CloseWithExitCode(ctx, 1)
		panic(sys.NewExitError(1))
	}
}

func charge(ctx context.Context, m api.Module, units, site uint32) uint32 {
	h := of(ctx)
	h.charges++
	h.units += int64(units)
	h.site = site
	h.pass(ctx, m, int64(units)*unitCost)
	if h.waits() {
		return 1
	}
	return 0
}

func clockTimeGet(ctx context.Context, m api.Module, id uint32, precision uint64, result uint32) uint32 {
	h := of(ctx)
	h.pass(ctx, m, readCost)
	m.Memory().WriteUint64Le(result, uint64(h.now))
	return 0
}

// fdStatGet says that standard input does not block.
func fdStatGet(_ context.Context, m api.Module, fd, result uint32) uint32 {
	const badFile, characterDevice, nonblock = 8, 2, 4
	if fd > 2 {
		return badFile
	}
	var stat [24]byte
	stat[0] = characterDevice
	if fd == 0 {
		stat[2] = nonblock
	}
	binary.LittleEndian.PutUint64(stat[8:], math.MaxUint32)
	m.Memory().Write(result, stat[:])
	return 0
}

func fdRead(ctx context.Context, m api.Module, fd, vectors, count, result uint32) uint32 {
	const again = 6
	h := of(ctx)
	if !h.waits() {
		return again
	}
	h.input = h.input[1:]
	at, _ := m.Memory().ReadUint32Le(vectors)
	m.Memory().WriteByte(at, 'x')
	m.Memory().WriteUint32Le(result, 1)
	return 0
}

// pollOneoff waits for the earliest of a timer and input. Layouts are WASI's.
func pollOneoff(ctx context.Context, m api.Module, subs, events, count, result uint32) uint32 {
	h := of(ctx)
	raw, _ := m.Memory().Read(subs, 48*count)
	until, hears := int64(math.MaxInt64), false
	for s := raw; len(s) > 0; s = s[48:] {
		if s[8] == 0 {
			until = min(until, h.now+int64(binary.LittleEndian.Uint64(s[24:])))
		} else {
			hears = true
		}
	}
	if hears && len(h.input) > 0 {
		until = max(h.now, min(until, h.input[0]))
	}
	if until == math.MaxInt64 {
		until = h.limit + 1 // nothing will ever come
	}
	h.pass(ctx, m, until-h.now)
	n := uint32(0)
	for s := raw; len(s) > 0; s = s[48:] {
		if s[8] != 0 && !h.waits() {
			continue
		}
		var ev [32]byte
		copy(ev[:8], s[:8])
		ev[10], ev[16] = s[8], 1
		m.Memory().Write(events+32*n, ev[:])
		n++
	}
	m.Memory().WriteUint32Le(result, n)
	return 0
}
