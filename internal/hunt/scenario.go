package hunt

import (
	"fmt"

	"raftlab/internal/suite"
	"raftlab/internal/tester"
	"raftlab/internal/tester/schedule"
)

// Scenario returns the scenario that plays a schedule. It is meant for a run with the schedule's seed.
func Scenario(s schedule.Schedule) suite.Scenario {
	scenario := suite.Scenario{
		Name:    fmt.Sprintf("hunt %s seed %d", s.Lab, s.Seed),
		Part:    "hunt",
		Title:   fmt.Sprintf("%d peers, %d steps, healed at %v", s.Peers, len(s.Steps), s.Heal),
		Servers: s.Peers,
		Limit:   s.Heal + tester.DefaultLimit,
	}
	if s.Lab == schedule.KV {
		scenario.MaxRaftState = s.Snapshots
		scenario.KV = func(k *tester.KV) { k.Play(s) }
		return scenario
	}
	scenario.SnapshotEvery = s.Snapshots
	scenario.Raft = func(r *tester.Raft) { r.Play(s) }
	return scenario
}
