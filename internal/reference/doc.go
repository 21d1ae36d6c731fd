// Package reference holds tests of what our own Raft promises beyond the lab's API: how it refuses bad
// input, that Kill leaves nothing behind, linearizable reads, the lock detector's report.
//
// They are not in raft/, where students put their code: a solution there is judged by the lab's scenarios
// and by nothing that only this implementation promises.
package reference
