package mutants

import (
	"encoding/json"
	"io"
	"time"
)

type jsonReport struct {
	Tried       int          `json:"tried"` // wrong ones, without those that are equivalent
	Caught      int          `json:"caught"`
	ByHunt      int          `json:"byHunt"`
	Equivalent  int          `json:"equivalent"`
	Correct     int          `json:"correct"`
	Passed      int          `json:"passed"` // of the correct ones
	Runs        int          `json:"runs"`
	CPUMs       float64      `json:"cpuMs"`
	RealMs      float64      `json:"realMs"`
	Interrupted bool         `json:"interrupted,omitempty"`
	Mutants     []jsonMutant `json:"mutants"`
}

type jsonMutant struct {
	ID      string      `json:"id"`
	Mistake string      `json:"mistake"`
	Breaks  string      `json:"breaks,omitempty"`
	Fate    Fate        `json:"fate"` // what must come of it
	Outcome string      `json:"outcome"`
	Wrong   bool        `json:"wrong"` // not what must come of it
	Catches []jsonCatch `json:"catches"`
	Missed  []string    `json:"missed,omitempty"` // that must catch it and did not
	Runs    int         `json:"runs"`
	CPUMs   float64     `json:"cpuMs"`
	BuildMs float64     `json:"buildMs"`
	Error   string      `json:"error,omitempty"`
}

type jsonCatch struct {
	By        string  `json:"by"`
	Lab       string  `json:"lab"`
	Seed      uint64  `json:"seed"`
	Verdict   string  `json:"verdict"`
	Invariant string  `json:"invariant,omitempty"`
	Said      string  `json:"said"`
	CPUMs     float64 `json:"cpuMs"`
	Steps     int     `json:"steps,omitempty"`
	Shrunk    int     `json:"shrunk,omitempty"`
	Script    string  `json:"script,omitempty"`
}

// JSON writes the report as one document.
func (r Report) JSON(out io.Writer) error {
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	n := r.Count()
	doc := jsonReport{n.Tried, n.Caught, n.ByHunt, n.Equivalent, n.Correct, n.Passed, n.Runs, ms(n.CPU), ms(r.Real),
		r.Interrupted, []jsonMutant{}}
	for _, v := range r.Verdicts {
		m := jsonMutant{ID: v.Mutant.ID, Mistake: v.Mutant.Mistake, Breaks: v.Mutant.Breaks, Fate: v.Mutant.Fate,
			Outcome: v.outcome(), Wrong: v.Wrong() != "", Missed: v.Missed, Catches: []jsonCatch{}, Runs: v.Runs,
			CPUMs: ms(v.CPU), BuildMs: ms(v.Build)}
		if v.Err != nil {
			m.Error = v.Err.Error()
		}
		for _, c := range v.Catches {
			m.Catches = append(m.Catches, jsonCatch{c.By, c.Lab, c.Seed, string(c.Verdict), c.Invariant, c.Said,
				ms(c.CPU), c.Steps, c.Shrunk, c.Script})
		}
		doc.Mutants = append(doc.Mutants, m)
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(doc)
}
