// Package schedule holds what is to go wrong in a run, and when, as a value that people can read.
//
// A Schedule names a lab, a cluster, a workload and a list of timed steps, each a fault. It is pure: it knows of no
// clock and no server. Package tester plays it (Raft.Play, KV.Play); the hunt draws schedules from seeds, looks for
// one that fails and takes away from it what the failure does not need. What remains is written down as a script:
//
//	raft peers 5 seed 17 snapshots 10
//	work clients 2 every 20ms
//	120ms partition leader | rest for 400ms
//	300ms crash 2 after save 3
//	elected after 400ms crash leader after send 2 for 150ms
//	900ms restart down
//	2s heal
//
// Parse reads a script, String writes one, and the two are each other's inverse. docs/formats/schedule.md describes
// it word by word.
//
// # Who
//
// A step befalls servers that it names by number, or by the role that they have when the step is due: leader, old,
// follower, any, minority and so on. Roles are resolved from what the harness has seen, so the same seed gives the
// same servers. Where nobody has the role, the step falls to somebody else rather than to nobody: no leader means
// the one before, or any server.
//
// # When
//
// A step is due at its time, or, with Elected, at the first election that the harness sees from that time on. Its
// fault ends after For, or, if that is 0, when all is healed at Heal. From Heal on the cluster must make progress.
package schedule
