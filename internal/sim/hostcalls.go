package sim

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// What code is charged for that computes: the student's own by package meter, that of the standard library by turns.go.
const (
	costUnit = 5 * time.Nanosecond
	costTurn = 2 * time.Nanosecond // of a loop in code that is not instrumented
	// A peer that has computed for patientFor without waiting polls in a loop, most likely. From then on its
	// work is dearer, so that a simulated second of it costs less of a real one.
	patientFor = 5 * time.Millisecond
	dearer     = 8
)

// defineHostCalls gives the runtime the module that guests reach their host by.
func defineHostCalls(ctx context.Context, r wazero.Runtime) error {
	b := r.NewHostModuleBuilder(hostModule)
	i32, i64 := api.ValueTypeI32, api.ValueTypeI64
	for _, f := range []struct {
		name            string
		params, results []api.ValueType
		call            func(in *instance, mem api.Memory, p []uint64)
	}{
		{"send", []api.ValueType{i32, i32}, []api.ValueType{i32}, send},
		{"receive", []api.ValueType{i32, i32}, []api.ValueType{i32}, receive},
		{"save", []api.ValueType{i32, i32, i32, i32, i32}, []api.ValueType{i32}, save},
		{"fetch", []api.ValueType{i32, i32}, nil, fetch},
		{"meter_charge", []api.ValueType{i32, i32}, []api.ValueType{i32}, meterCharge},
		{"meter_seed", nil, []api.ValueType{i64}, meterSeed},
		{"meter_odds", nil, []api.ValueType{i32}, meterOdds},
		{"meter_pause", []api.ValueType{i32}, []api.ValueType{i64}, meterPause},
	} {
		b.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(
			func(ctx context.Context, mod api.Module, stack []uint64) {
				f.call(instanceOf(ctx), mod.Memory(), stack)
			}), f.params, f.results).Export(f.name)
	}
	if _, err := b.Instantiate(ctx); err != nil {
		return fmt.Errorf("sim: define the host's functions: %w", err)
	}
	return nil
}

// send takes a frame from the guest.
func send(in *instance, mem api.Memory, p []uint64) {
	at, size := uint32(p[0]), uint32(p[1])
	in.spend(costFrame + time.Duration(size)*costByte)
	in.settle()
	in.work = 0
	bytes, _ := mem.Read(at, size)
	p[0] = uint64(in.host.received(in, bytes))
}

// save takes what a peer saves.
func save(in *instance, mem api.Memory, p []uint64) {
	both, size, snapshotSize := uint32(p[0]) != 0, uint32(p[2]), uint32(p[4])
	in.spend(costSave + time.Duration(size+snapshotSize)*costByte)
	in.settle()
	state, _ := mem.Read(uint32(p[1]), size)
	snapshot, _ := mem.Read(uint32(p[3]), snapshotSize)
	p[0] = uint64(in.host.saved(in, both, state, snapshot))
}

// receive gives the guest a frame.
func receive(in *instance, mem api.Memory, p []uint64) {
	at, room := uint32(p[0]), uint32(p[1])
	if len(in.inbox) == 0 {
		p[0] = 0
		return
	}
	next := in.inbox[0]
	p[0] = uint64(len(next))
	if uint32(len(next)) > room {
		return
	}
	mem.Write(at, next)
	in.inbox[0] = nil
	if in.inbox = in.inbox[1:]; len(in.inbox) == 0 {
		in.inbox = nil
	}
	in.spend(costFrame + time.Duration(len(next))*costByte)
}

// fetch gives the guest what the answer to an Apply has announced.
func fetch(in *instance, mem api.Memory, p []uint64) {
	at, room := uint32(p[0]), uint32(p[1])
	data := in.host.fetched(in)
	mem.Write(at, data[:min(len(data), int(room))])
}

func meterCharge(in *instance, _ api.Memory, p []uint64) {
	units, site := uint32(p[0]), uint32(p[1])
	if site != 0 {
		in.site = site
	}
	in.compute(time.Duration(units) * costUnit)
	p[0] = 0
	if site != 0 && len(in.inbox) > 0 { // without a site it is the guest's own program, which will come to it
		p[0] = 1
	}
}

// compute charges the instance for work that is no call to the host.
func (in *instance) compute(cost time.Duration) {
	if in.work > patientFor {
		cost *= dearer
	}
	if in.engine != nil && in.engine.ctx.Err() != nil {
		in.exceed(Infrastructure, "was given up")
	}
	in.spend(cost)
}

func meterSeed(in *instance, _ api.Memory, p []uint64) { p[0] = in.rng.next() }

func meterOdds(in *instance, _ api.Memory, p []uint64) { p[0] = uint64(in.odds) }

// meterPause draws how long a goroutine pauses at a point: mostly it only gives way.
func meterPause(in *instance, _ api.Memory, p []uint64) {
	const (
		oneIn = 4
		usual = 200 * time.Microsecond
	)
	draw := in.rng.next()
	p[0] = 0
	if draw%oneIn == 0 {
		p[0] = draw >> 8 % uint64(cmp.Or(in.pause, usual))
	}
}
