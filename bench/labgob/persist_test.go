package labgob

import (
	"bytes"
	"encoding/gob"
	"testing"

	"raftlab/labgob"
)

// encoder and decoder are what labgob and gob have in common.
type (
	encoder interface{ Encode(any) error }
	decoder interface{ Decode(any) error }
)

// codec is one of the two.
type codec struct {
	name    string
	encoder func(*bytes.Buffer) encoder
	decoder func(*bytes.Buffer) decoder
}

var codecs = []codec{
	{"raftlab", func(w *bytes.Buffer) encoder { return labgob.NewEncoder(w) },
		func(r *bytes.Buffer) decoder { return labgob.NewDecoder(r) }},
	{"freshgob", func(w *bytes.Buffer) encoder { return gob.NewEncoder(w) },
		func(r *bytes.Buffer) decoder { return gob.NewDecoder(r) }},
}

// save writes a term, a vote and a log the way the labs do it: three values on one stream.
func save(b *testing.B, c codec, log []LogEntry) []byte {
	var buf bytes.Buffer
	e := c.encoder(&buf)
	if e.Encode(7) != nil || e.Encode(2) != nil || e.Encode(log) != nil {
		b.Fatal("cannot encode")
	}
	return buf.Bytes()
}

func restore(b *testing.B, c codec, data []byte) {
	d := c.decoder(bytes.NewBuffer(data))
	var term, vote int
	var log []LogEntry
	if d.Decode(&term) != nil || d.Decode(&vote) != nil || d.Decode(&log) != nil {
		b.Fatal("cannot decode")
	}
}

// BenchmarkPersist100Int and BenchmarkPersist100Op save and restore a log of 100 entries.
func BenchmarkPersist100Int(b *testing.B) { persist(b, entries(100, number)) }

func BenchmarkPersist100Op(b *testing.B) { persist(b, entries(100, operation)) }

func persist(b *testing.B, log []LogEntry) {
	for _, c := range codecs {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				restore(b, c, save(b, c, log))
			}
		})
	}
}

// BenchmarkSave100Op only saves, as a server does at every step; it restores after a crash.
func BenchmarkSave100Op(b *testing.B) {
	log := entries(100, operation)
	for _, c := range codecs {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				save(b, c, log)
			}
		})
	}
}
