// Package campaign runs many simulations side by side and says what came of them: what stands behind
// `raftlab test`, `raftlab replay`, test-runner.sh and whoever else judges a submission on many seeds.
//
//	target, err := campaign.Find(root, "submissions/ann")  // or "raft", "kvraft", "" for both
//	scenarios, err := target.Select("2A")
//	submission, err := target.Open(ctx, scenarios, "")     // builds it and loads it
//	defer submission.Close()
//	summary := campaign.Run(ctx, submission, campaign.Plan{Scenarios: scenarios, Seeds: campaign.Seeds{First: 1, Count: 100}})
//
// A campaign is every scenario of a plan on every seed of it. Each such run makes one Record, and the Tally
// of the records is the result: only a record that says Passed counts as a pass, and a run without a record counts as
// broken. Failures that are alike (same verdict, same invariant, a message of the same shape) are one Group,
// with the run of fewest events as its example.
//
// What a run does depends on the submission, the scenario and the seed alone, never on what else runs or
// how many do at once. Replay makes the same run again, and again, and compares.
package campaign
