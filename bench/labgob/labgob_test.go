// Package labgob compares raftlab/labgob with encoding/gob used as the classic labs use it: a
// fresh encoder and a fresh decoder for each message.
package labgob

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"testing"

	"raftlab/labgob"
)

type LogEntry struct {
	Term    int
	Command any
}

type Op struct {
	Kind, Key, Value string
	Client           int64
	Seq              int
}

type RequestVoteArgs struct{ Term, CandidateId, LastLogIndex, LastLogTerm int }

type AppendEntriesArgs struct {
	Term, LeaderId, PrevLogIndex, PrevLogTerm int
	Entries                                   []LogEntry
	LeaderCommit                              int
}

type AppendEntriesReply struct {
	Term, ConflictIndex, ConflictTerm int
	Success                           bool
}

func init() { labgob.Register(Op{}) }

func entries(n int, command func(i int) any) []LogEntry {
	log := make([]LogEntry, n)
	for i := range log {
		log[i] = LogEntry{7, command(1000 + i)}
	}
	return log
}

func number(i int) any { return i }

func operation(i int) any {
	return Op{"Append", fmt.Sprint("key", i%10), "x 0 12 y", 4611686018427387904 + int64(i), i}
}

func request(entries []LogEntry) *AppendEntriesArgs {
	return &AppendEntriesArgs{7, 2, 999, 6, entries, 998}
}

func BenchmarkRequestVoteArgs(b *testing.B) {
	compare[RequestVoteArgs](b, &RequestVoteArgs{7, 2, 1000, 6})
}

func BenchmarkHeartbeat(b *testing.B) { compare[AppendEntriesArgs](b, request(nil)) }

func BenchmarkAppend1Int(b *testing.B) {
	compare[AppendEntriesArgs](b, request(entries(1, number)))
}

func BenchmarkAppend20Int(b *testing.B) {
	compare[AppendEntriesArgs](b, request(entries(20, number)))
}

func BenchmarkAppend1Op(b *testing.B) {
	compare[AppendEntriesArgs](b, request(entries(1, operation)))
}

func BenchmarkAppend20Op(b *testing.B) {
	compare[AppendEntriesArgs](b, request(entries(20, operation)))
}

func BenchmarkReply(b *testing.B) {
	compare[AppendEntriesReply](b, &AppendEntriesReply{7, 900, 5, true})
}

// compare encodes and decodes v, a *T, as one message.
func compare[T any](b *testing.B, v any) {
	b.Run("raftlab", func(b *testing.B) {
		b.ReportAllocs()
		var buf []byte
		for b.Loop() {
			var err error
			if buf, err = labgob.AppendMarshal(buf[:0], v); err != nil {
				b.Fatal(err)
			}
			if err := labgob.Unmarshal(buf, new(T)); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(len(buf)), "wire-bytes")
	})
	b.Run("stream", func(b *testing.B) { // as an existing solution would write it
		b.ReportAllocs()
		for b.Loop() {
			var buf bytes.Buffer
			if err := labgob.NewEncoder(&buf).Encode(v); err != nil {
				b.Fatal(err)
			}
			if err := labgob.NewDecoder(&buf).Decode(new(T)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("freshgob", func(b *testing.B) {
		b.ReportAllocs()
		var buf bytes.Buffer
		var size int
		for b.Loop() {
			buf.Reset()
			if err := gob.NewEncoder(&buf).Encode(v); err != nil {
				b.Fatal(err)
			}
			size = buf.Len()
			if err := gob.NewDecoder(&buf).Decode(new(T)); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(size), "wire-bytes")
	})
}
