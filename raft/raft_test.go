package raft_test

import (
	"testing"

	"raftlab/internal/suite"
	"raftlab/internal/tester"
	"raftlab/labrpc"
	"raftlab/raft"
)

// The lab's scenarios, by the names that students type. Each is a story in internal/suite; what follows
// here is only how the harness gets at this package's Raft. It uses nothing but the lab's API, so that any
// solution put in place of this one is judged as it is.

func TestInitialElection2A(t *testing.T)           { run(t) }
func TestReElection2A(t *testing.T)                { run(t) }
func TestManyElections2A(t *testing.T)             { run(t) }
func TestBasicAgree2B(t *testing.T)                { run(t) }
func TestRPCBytes2B(t *testing.T)                  { run(t) }
func TestFollowerFailure2B(t *testing.T)           { run(t) }
func TestLeaderFailure2B(t *testing.T)             { run(t) }
func TestFailAgree2B(t *testing.T)                 { run(t) }
func TestFailNoAgree2B(t *testing.T)               { run(t) }
func TestConcurrentStarts2B(t *testing.T)          { run(t) }
func TestRejoin2B(t *testing.T)                    { run(t) }
func TestBackup2B(t *testing.T)                    { run(t) }
func TestCount2B(t *testing.T)                     { run(t) }
func TestPersist12C(t *testing.T)                  { run(t) }
func TestPersist22C(t *testing.T)                  { run(t) }
func TestPersist32C(t *testing.T)                  { run(t) }
func TestFigure82C(t *testing.T)                   { run(t) }
func TestUnreliableAgree2C(t *testing.T)           { run(t) }
func TestFigure8Unreliable2C(t *testing.T)         { run(t) }
func TestReliableChurn2C(t *testing.T)             { run(t) }
func TestUnreliableChurn2C(t *testing.T)           { run(t) }
func TestSnapshotBasic2D(t *testing.T)             { run(t) }
func TestSnapshotInstall2D(t *testing.T)           { run(t) }
func TestSnapshotInstallUnreliable2D(t *testing.T) { run(t) }
func TestSnapshotInstallCrash2D(t *testing.T)      { run(t) }
func TestSnapshotInstallUnCrash2D(t *testing.T)    { run(t) }
func TestSnapshotAllCrash2D(t *testing.T)          { run(t) }
func TestSnapshotInit2D(t *testing.T)              { run(t) }
func TestSnapshotMemory2D(t *testing.T)            { run(t) }

// run runs the scenario that bears the test's name.
func run(t *testing.T) {
	suite.Test(t, func(cfg tester.Config, s suite.Scenario) tester.Result {
		return tester.RunRaft(cfg, tester.NewLocalRaft(lab), s.Raft)
	})
}

var lab = tester.RaftLab{
	NewDisk:  func() tester.Disk { return raft.MakePersister() },
	CopyDisk: func(d tester.Disk) tester.Disk { return d.(*raft.Persister).Copy() },
	Make: func(ends []*labrpc.ClientEnd, me int, disk tester.Disk) (
		tester.RaftPeer, func(<-chan struct{}) (tester.Apply, bool)) {
		applyCh := make(chan raft.ApplyMsg)
		rf := raft.Make(ends, me, disk.(*raft.Persister), applyCh)
		return rf, func(gone <-chan struct{}) (tester.Apply, bool) {
			for {
				select {
				case m, open := <-applyCh:
					if !open { // some solutions close it when they are killed
						return tester.Apply{}, false
					}
					if m.CommandValid {
						return tester.Apply{Index: m.CommandIndex, Command: m.Command}, true
					}
					if m.SnapshotValid {
						return tester.Apply{Install: true, Index: m.SnapshotIndex, Term: m.SnapshotTerm,
							Data: m.Snapshot}, true
					}
					// Neither: no delivery. Some solutions wake their reader so.
				case <-gone:
					return tester.Apply{}, false
				}
			}
		}
	},
}
