package intake

import (
	"fmt"
	"strings"

	"raftlab/internal/grader/results"
)

// Limits are what a submission may hold. A zero field stands for its default.
type Limits struct {
	Files   int   // files, those left out as junk not counted; default 2000
	File    int64 // bytes of one Go file; default 4 MiB, which is what the build takes
	Sources int64 // bytes of all Go files; default 16 MiB
	Archive int64 // bytes of the archive as it was handed in; default 64 MiB
	Total   int64 // bytes of all that it unpacks to; default 512 MiB
	Ratio   int64 // bytes that one byte of the archive may unpack to; default 200
}

// Options is how submissions are taken in.
type Options struct {
	Limits Limits
	Allow  []string // import paths beyond the gate's standard set; one that ends in /... holds for all below it
	Labs   []string // what is graded: "raft", "kv"; none means both
}

// Staged is a submission that is ready to be built.
type Staged struct {
	Dir     string   // holds raft, kvraft or both, a go.mod, and packages that these import
	Edition string   // the years of the edition of the lab, as "2021–2022"; "" if nothing tells
	Hash    string   // of the files in Dir, SHA-256 in hexadecimal
	Raft    bool     // there is a package raft
	KV      bool     // there is a package kvraft
	Notes   []string // what was left out, adapted or found changed; no full stop at the end

	// Origin says for each Go file in Dir, by its path there with slashes, what its path was in the submission.
	Origin map[string]string
}

// Refusal says that a submission is not graded, by its own fault.
type Refusal struct {
	Status string          // results.NotAccepted or results.Refused
	Places []results.Place // at least one; files are named from the submission's root
}

// Error implements error.
func (r *Refusal) Error() string {
	lines := make([]string, len(r.Places))
	for i, p := range r.Places {
		if p.File != "" {
			lines[i] = p.File + ": "
		}
		if p.Line > 0 {
			lines[i] = fmt.Sprintf("%s:%d:%d: ", p.File, p.Line, p.Column)
		}
		if p.Rule != "" {
			lines[i] += p.Rule + ": "
		}
		lines[i] += p.Text
	}
	return r.Status + ": " + strings.Join(lines, "; ")
}

// notAccepted is the refusal of a whole submission, or of a file of it.
func notAccepted(file, format string, args ...any) error {
	return &Refusal{results.NotAccepted, []results.Place{{File: file, Text: fmt.Sprintf(format, args...)}}}
}
