// Package labrpc is a simulated network of remote procedure calls inside one process. It loses,
// delays, doubles, reorders, holds and cuts messages between servers as it is told to, and every
// random choice it makes comes from one seed.
//
// # Ends, servers, services
//
// A ClientEnd is where calls are made from: one end of a link, connected to one server at a time.
// To let n servers talk one makes n ends for each. A new end is connected to nobody and disabled. A
// Server is a set of services behind a name; a Service is an object whose exported methods answer
// calls. A server may be deleted and another added under its name: that is a crash and a restart.
//
// # What Call means
//
// Call sends a copy of the arguments and waits for a copy of the reply. Both travel as bytes (see
// labgob), so that caller and handler share no memory.
//
//   - True: the handler ran, at least once, and the reply is its reply.
//   - False: no reply came. The request may have been lost, and then the handler never ran; or the
//     reply was, and then it did; or the request is still under way, or the handler is still
//     running. False never says which. It does say that the reply will never come, and that *reply
//     has not been changed.
//
// No call has a time-out of its own: it ends when the network says that no reply will come. That is
//
//   - when a message is lost by chance: at the time at which it would have arrived;
//   - when there is no way (an end disabled or unconnected, a link cut, a server down): after a
//     random time of up to 100 ms, or of up to 7 s with LongDelays;
//   - when the end is disabled or the server deleted or replaced after the request has left: at
//     once, even if the handler is running. Its reply is never delivered;
//   - when Cleanup closes the network: at once, for the calls under way and all later ones.
//
// So a call whose handler never returns may wait for ever, and so may one held by a paused server.
// Neither holds up any other call. On a reliable network a message takes a base latency of 250 to
// 300 µs, to be set in Options, and requests that follow one another closely may arrive in another
// order than they left in.
//
// # Faults
//
// Reliable, LongDelays and LongReordering are the classic presets. SetLink and SetAll give the
// requests and the replies of one link or of all of them loss, delay, jitter, doubling, bandwidth,
// or cut one direction. Pause holds all that a server would send or receive until Resume. A doubled
// request runs the handler twice; the first reply to arrive counts. What happens to a message is
// decided by a Model, which is pure and can be used alone.
//
// # Misuse
//
// Some false answers would be the program's own fault: a service or method that the server does not
// have, arguments or a reply that labgob cannot encode or decode, a reply that is not a pointer,
// faults out of range. Those are told to Options.Misuse, or else panic in the goroutine of the
// caller, with a message that names what exists:
//
//	labrpc: Call("Raft.Appendix"): service Raft has no method Appendix; it has Append, Vote
package labrpc
