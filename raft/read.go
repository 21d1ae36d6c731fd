// BEGIN SOLUTION

package raft

import "raftlab/raft/core"

// What our own service asks of Raft beyond the lab's API. The handout has none of it.

// RoleChanged returns a channel that receives after the term, the role or the known leader has changed: once for
// any number of changes since the last receive. It is for one receiver, who then asks GetState.
func (rf *Raft) RoleChanged() <-chan struct{} { return rf.role }

// ReadIndex is for linearizable reads without a log entry (§8): it blocks until a majority has confirmed
// that this peer led when it was called, and returns an index. A read from the service's state is then
// linearizable once the service has applied that index. ok is false if the peer does not lead, or leads no
// longer, or was killed: ask elsewhere. A new leader answers once an entry of its term is committed.
func (rf *Raft) ReadIndex() (index int, ok bool) {
	rf.mu.Lock()
	if rf.killed() || rf.node.Role() != core.Leader {
		rf.mu.Unlock()
		return 0, false
	}
	rf.lastRead++
	id, answer := rf.lastRead, make(chan core.Index, 1)
	rf.reads[id] = answer
	if err := rf.node.ReadIndex(rf.now(), id); err != nil {
		delete(rf.reads, id)
		rf.mu.Unlock()
		return 0, false
	}
	rf.carryOut(nil)
	rf.mu.Unlock()
	select {
	case i, ok := <-answer:
		return int(i), ok
	case <-rf.stopped:
		return 0, false
	}
}

// END SOLUTION
