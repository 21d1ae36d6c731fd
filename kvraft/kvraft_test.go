package kvraft_test

import (
	"reflect"
	"testing"

	"raftlab/internal/suite"
	"raftlab/internal/tester"
	"raftlab/kvraft"
	"raftlab/labrpc"
	"raftlab/raft"
)

// The lab's scenarios, by the names that students type. Each is a story in internal/suite; what follows
// here is only how the harness gets at this package's service. It uses nothing but the lab's API, and the field
// rf of a KVServer, so that any solution put in place of this one is judged as it is.

func TestBasic3A(t *testing.T)                                                    { run(t) }
func TestSpeed3A(t *testing.T)                                                    { run(t) }
func TestConcurrent3A(t *testing.T)                                               { run(t) }
func TestUnreliable3A(t *testing.T)                                               { run(t) }
func TestUnreliableOneKey3A(t *testing.T)                                         { run(t) }
func TestOnePartition3A(t *testing.T)                                             { run(t) }
func TestManyPartitionsOneClient3A(t *testing.T)                                  { run(t) }
func TestManyPartitionsManyClients3A(t *testing.T)                                { run(t) }
func TestPersistOneClient3A(t *testing.T)                                         { run(t) }
func TestPersistConcurrent3A(t *testing.T)                                        { run(t) }
func TestPersistConcurrentUnreliable3A(t *testing.T)                              { run(t) }
func TestPersistPartition3A(t *testing.T)                                         { run(t) }
func TestPersistPartitionUnreliable3A(t *testing.T)                               { run(t) }
func TestPersistPartitionUnreliableLinearizable3A(t *testing.T)                   { run(t) }
func TestPausedLeader3A(t *testing.T)                                             { run(t) }
func TestFourServers3A(t *testing.T)                                              { run(t) }
func TestSlowDisk3A(t *testing.T)                                                 { run(t) }
func TestDuplicates3A(t *testing.T)                                               { run(t) }
func TestSnapshotRPC3B(t *testing.T)                                              { run(t) }
func TestSnapshotSize3B(t *testing.T)                                             { run(t) }
func TestSpeed3B(t *testing.T)                                                    { run(t) }
func TestSnapshotRecover3B(t *testing.T)                                          { run(t) }
func TestSnapshotRecoverManyClients3B(t *testing.T)                               { run(t) }
func TestSnapshotUnreliable3B(t *testing.T)                                       { run(t) }
func TestSnapshotUnreliableRecover3B(t *testing.T)                                { run(t) }
func TestSnapshotUnreliableRecoverConcurrentPartition3B(t *testing.T)             { run(t) }
func TestSnapshotUnreliableRecoverConcurrentPartitionLinearizable3B(t *testing.T) { run(t) }

// run runs the scenario that bears the test's name.
func run(t *testing.T) {
	suite.Test(t, func(cfg tester.Config, s suite.Scenario) tester.Result {
		return tester.RunKV(cfg, tester.NewLocalKV(lab), s.KV)
	})
}

var lab = tester.KVLab{
	NewDisk:  func() tester.Disk { return raft.MakePersister() },
	CopyDisk: func(d tester.Disk) tester.Disk { return d.(*raft.Persister).Copy() },
	Start: func(ends []*labrpc.ClientEnd, me int, disk tester.Disk, maxRaftState int) (
		tester.KVServer, tester.KVRaft) {
		kv := kvraft.StartKVServer(ends, me, disk.(*raft.Persister), maxRaftState)
		return kv, raftOf(kv)
	},
	MakeClerk: func(ends []*labrpc.ClientEnd) tester.KVClerk { return kvraft.MakeClerk(ends) },
}

// raftOf returns the server's Raft peer, which answers RPCs of its own: by the lab's rules its field rf, a
// *raft.Raft.
func raftOf(kv *kvraft.KVServer) *raft.Raft {
	return (*raft.Raft)(reflect.ValueOf(kv).Elem().FieldByName("rf").UnsafePointer())
}
