package porcupine

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	rival "github.com/anishathalye/porcupine"
	ours "raftlab/porcupine"
	"raftlab/porcupine/models"
)

// rivalPatience is what the rival gets for a history that it may give up on. The metric gave-up/op
// is 1 if it does.
const rivalPatience = 3 * time.Second

// contest measures both checkers on one history: the product by its own model, and, as
// <Name>SharedModel, by the very model that the rival has, which says nothing of what operations
// do.
func contest(b *testing.B, own ours.Model, shared spec, history []ours.Operation,
	want ours.CheckResult) {
	late := closed(history)
	b.Run("OwnModel", func(b *testing.B) {
		measureOurs(b, own, history, want)
		measureRival(b, shared, history, want)
	})
	b.Run("SharedModel", func(b *testing.B) {
		measureOurs(b, shared.ours(), late, want)
		measureRival(b, shared, history, want)
	})
}

func measureOurs(b *testing.B, m ours.Model, history []ours.Operation, want ours.CheckResult) {
	b.Run("raftlab", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if got := ours.CheckOperationsTimeout(m, history, time.Minute); got != want {
				b.Fatalf("verdict %s, want %s", got, want)
			}
		}
	})
}

func measureRival(b *testing.B, shared spec, history []ours.Operation, want ours.CheckResult) {
	b.Run("rival", func(b *testing.B) {
		b.ReportAllocs()
		m, converted := shared.rival(), forRival(history)
		gaveUp := 0
		for b.Loop() {
			switch got := rival.CheckOperationsTimeout(m, converted, rivalPatience); got {
			case rival.Unknown:
				gaveUp++
			case rival.CheckResult(want):
			default:
				b.Fatalf("verdict %s, want %s", got, want)
			}
		}
		b.ReportMetric(float64(gaveUp)/float64(b.N), "gave-up/op")
	})
}

func BenchmarkKv50ClientsOk(b *testing.B) {
	h := load(b, rivalFiles(b)["c50-ok"])
	contest(b, models.KvModel, kvSpec(), h.Operations, ours.Ok)
}

func BenchmarkKv50ClientsBad(b *testing.B) {
	h := load(b, rivalFiles(b)["c50-bad"])
	contest(b, models.KvModel, kvSpec(), h.Operations, ours.Illegal)
}

// The rival's store in one map; the product's own model of a store splits by key by itself.
func BenchmarkKvNoPartition10ClientsOk(b *testing.B) {
	h := load(b, rivalFiles(b)["c10-ok"])
	contest(b, models.KvModel, kvMapSpec(), h.Operations, ours.Ok)
}

// The nine logs of Jepsen that take the rival longest.
func BenchmarkJepsen(b *testing.B) {
	files := rivalFiles(b)
	for _, name := range []string{"etcd_002", "etcd_007", "etcd_040", "etcd_057", "etcd_075",
		"etcd_080", "etcd_085",
		"etcd_097", "etcd_099"} {
		b.Run(name, func(b *testing.B) {
			h := load(b, files[name])
			want := ours.Illegal
			if ours.CheckOperations(models.CasModel, h.Operations) {
				want = ours.Ok // that the rival agrees is for TestSameVerdictOnTestData to say
			}
			contest(b, models.CasModel, registerSpec(), h.Operations, want)
		})
	}
}

// registerHistory is clients on one register who write unique values, or read, half and half. Every
// client has an operation open nearly all the time.
func registerHistory(clients, operations int, seed uint64) []ours.Operation {
	r := rand.New(rand.NewPCG(seed, 0))
	free := make([]int64, clients)
	type effect struct {
		at float64
		op int
	}
	var history []ours.Operation
	var effects []effect
	for i := range operations {
		client := i % clients
		call := free[client] + r.Int64N(10)
		op := ours.Operation{ClientId: client, Call: call, Return: call + 1 + r.Int64N(100),
			Output: models.RegisterOutput{},
			Input:  models.RegisterInput{Op: uint8(r.IntN(2)), Value: i}}
		free[client] = op.Return + 1
		at := float64(op.Call) + r.Float64()*float64(op.Return-op.Call)
		effects = append(effects, effect{at, i})
		history = append(history, op)
	}
	slices.SortFunc(effects, func(a, b effect) int {
		if a.at < b.at {
			return -1
		}
		return 1
	})
	var value any
	for _, e := range effects {
		op := &history[e.op]
		if in := op.Input.(models.RegisterInput); in.Op == models.RegisterWrite {
			value = in.Value
		} else {
			op.Output = models.RegisterOutput{Value: value}
		}
	}
	return history
}

// makeStale lets one of the last reads see a value that was overwritten long before.
func makeStale(history []ours.Operation) []ours.Operation {
	history = slices.Clone(history)
	end := history[len(history)-1].Return
	for i := len(history) - 1; ; i-- {
		if history[i].Input.(models.RegisterInput).Op != models.RegisterRead {
			continue
		}
		for _, other := range history {
			in := other.Input.(models.RegisterInput)
			if in.Op == models.RegisterWrite && other.Return > end/2 {
				history[i].Output = models.RegisterOutput{Value: in.Value}
				return history
			}
		}
	}
}

func BenchmarkRegister24Clients2kOps(b *testing.B) {
	contest(b, models.RegisterModel, registerSpec(), registerHistory(24, 2000, 1), ours.Ok)
}

func BenchmarkRegister64Clients2kOps(b *testing.B) {
	contest(b, models.RegisterModel, registerSpec(), registerHistory(64, 2000, 2), ours.Ok)
}

func BenchmarkRegister64Clients2kOpsBad(b *testing.B) {
	contest(b, models.RegisterModel, registerSpec(), makeStale(registerHistory(64, 2000, 2)),
		ours.Illegal)
}

func BenchmarkRegister8Clients40kOps(b *testing.B) {
	contest(b, models.RegisterModel, registerSpec(), registerHistory(8, 40000, 3), ours.Ok)
}

func BenchmarkStaleRead16Clients1kOps(b *testing.B) {
	contest(b, models.RegisterModel, registerSpec(), makeStale(registerHistory(16, 1000, 4)),
		ours.Illegal)
}

// A million operations; the rival is not asked.
func BenchmarkMillionOps(b *testing.B) {
	history := registerHistory(8, 1000000, 5)
	b.Run("OwnModel", func(b *testing.B) { measureOurs(b, models.RegisterModel, history, ours.Ok) })
	b.Run("SharedModel", func(b *testing.B) {
		measureOurs(b, registerSpec().ours(), history, ours.Ok)
	})
}
