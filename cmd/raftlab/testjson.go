package main

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"raftlab/internal/sim/campaign"
)

// jsonSummary is what test --json prints. Times are in seconds.
type jsonSummary struct {
	Passed      int         `json:"passed"`
	Failed      int         `json:"failed"`
	Broken      int         `json:"broken"` // runs that found out nothing
	Runs        int         `json:"runs"`
	Planned     int         `json:"planned"`
	Interrupted bool        `json:"interrupted"`
	RealSeconds float64     `json:"realSeconds"`
	Tests       []jsonTest  `json:"tests"`
	Failures    []jsonGroup `json:"failures"`
	Records     []jsonRun   `json:"records,omitempty"` // of each run, with -v
}

type jsonTest struct {
	Name           string  `json:"name"`
	Part           string  `json:"part"`
	Runs           int     `json:"runs"`
	Passed         int     `json:"passed"`
	Failed         int     `json:"failed"`
	Broken         int     `json:"broken"`
	VirtualSeconds float64 `json:"meanVirtualSeconds"`
	RealSeconds    float64 `json:"meanRealSeconds"`
	SlowSeconds    float64 `json:"p95RealSeconds"` // the 95th percentile
}

type jsonGroup struct {
	Verdict   string              `json:"verdict"`
	Invariant string              `json:"invariant,omitempty"`
	Headline  string              `json:"headline"`
	Peer      string              `json:"peer,omitempty"`
	Detail    string              `json:"detail,omitempty"`
	Message   string              `json:"message,omitempty"`
	Runs      int                 `json:"runs"`
	Seeds     map[string][]uint64 `json:"seeds"` // by test
	Replay    string              `json:"replay"`
}

type jsonRun struct {
	Test           string  `json:"test"`
	Seed           uint64  `json:"seed"`
	Verdict        string  `json:"verdict"`
	Hash           string  `json:"hash"`
	Events         uint64  `json:"events"`
	VirtualSeconds float64 `json:"virtualSeconds"`
	RealSeconds    float64 `json:"realSeconds"`
}

func (v *view) printJSON(w io.Writer, s campaign.Summary) error {
	out := jsonSummary{Passed: s.Passed, Failed: s.Failed, Broken: s.Broken, Runs: s.Runs,
		Planned: v.plan.Seeds.Count * len(v.plan.Scenarios), Interrupted: s.Interrupted, RealSeconds: s.Real.Seconds(),
		Tests: []jsonTest{}, Failures: []jsonGroup{}}
	for _, t := range s.Tests {
		n := time.Duration(max(1, t.Runs))
		out.Tests = append(out.Tests, jsonTest{Name: t.Scenario.Name, Part: t.Scenario.Part,
			Runs: t.Runs, Passed: t.Passed,
			Failed: t.Failed, Broken: t.Broken, VirtualSeconds: (t.Virtual / n).Seconds(),
			RealSeconds: (t.Busy / n).Seconds(), SlowSeconds: t.Slow.Seconds()})
	}
	for _, g := range s.Groups {
		j := jsonGroup{Verdict: string(g.Verdict), Invariant: g.Invariant, Headline: g.Headline,
			Runs: g.Runs,
			Peer: g.Example.Peer, Detail: g.Example.Detail, Seeds: map[string][]uint64{}, Replay: v.replay(g.Example)}
		if f := g.Example.Failure; f != nil {
			j.Message = f.Message
		}
		for _, t := range g.Seeds {
			j.Seeds[t.Name] = t.Seeds
		}
		out.Failures = append(out.Failures, j)
	}
	for _, r := range v.runs {
		out.Records = append(out.Records, jsonRun{r.Scenario.Name, r.Seed, string(r.Verdict),
			fmt.Sprintf("%016x", r.Hash), r.Events, r.Elapsed.Seconds(), r.Real.Seconds()})
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(out)
}
