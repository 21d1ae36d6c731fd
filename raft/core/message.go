package core

import (
	"fmt"
	"strings"
)

// MessageType says which of the RPCs of the paper a message is, request or response.
type MessageType uint8

// The messages. Each request has one response; TimeoutNow has none.
const (
	RequestVote             MessageType = iota + 1 // §5.2; with PreVote, thesis §9.6
	RequestVoteResponse                            //
	AppendEntries                                  // §5.3; without entries, a heartbeat or a probe
	AppendEntriesResponse                          //
	InstallSnapshot                                // §7
	InstallSnapshotResponse                        //
	TimeoutNow                                     // thesis §3.10: stand for election at once
)

var messageNames = [...]string{"None", "RequestVote", "RequestVoteResponse", "AppendEntries",
	"AppendEntriesResponse", "InstallSnapshot", "InstallSnapshotResponse", "TimeoutNow"}

// String is the name of the constant.
func (t MessageType) String() string {
	if int(t) < len(messageNames) {
		return messageNames[t]
	}
	return fmt.Sprintf("MessageType(%d)", uint8(t))
}

// Response is the type of the one response that a request of type t gets, 0 if t gets none.
func (t MessageType) Response() MessageType {
	switch t {
	case RequestVote, AppendEntries, InstallSnapshot:
		return t + 1
	}
	return 0
}

// IsResponse reports whether t answers a request.
func (t MessageType) IsResponse() bool {
	return t == RequestVoteResponse || t == AppendEntriesResponse || t == InstallSnapshotResponse
}

// Message is any message from one peer to another. Fields that a type does not list are zero.
//
//	RequestVote              Term Index LogTerm PreVote Transfer
//	RequestVoteResponse      Term Reject PreVote
//	AppendEntries            Term Seq Index LogTerm Entries Commit
//	AppendEntriesResponse    Term Seq Index; rejected, also Reject Hint LogTerm
//	InstallSnapshot          Term Seq Snapshot
//	InstallSnapshotResponse  Term Seq Index
//	TimeoutNow               Term
//
// The answer to a request of an older term than the answerer's has just Term and Reject.
//
// Messages may be lost, doubled, delayed and reordered. A response says by itself what it is about:
// the term and number of its request, and an index that is true whenever it arrives.
//
// Entries, their Data and Snapshot are shared with the sender's log: read only, valid for ever.
type Message struct {
	Type     MessageType
	PreVote  bool // only a question: would you vote for me? (thesis §9.6)
	Transfer bool // the leader itself asked for this election: leader stickiness does not apply
	Reject   bool
	From, To NodeID

	// Term is the sender's current term, with one exception: a pre-vote asks for the term that it
	// would campaign in, one above the sender's, and the answer, if granted, repeats it.
	Term Term

	// Seq numbers the requests (AppendEntries, InstallSnapshot) of one leader to one follower in
	// one term, from 1; the response repeats it. So an answer tells how far the flow has come, that
	// its sender still followed when that request arrived (ReadIndex), and, if a rejection, whether
	// the leader has already acted on it. The answer to a request of an older term has Seq 0: it
	// tells the term, and nothing about requests of that term, which its receiver may lead by then.
	Seq uint64

	// Index is, in
	//   RequestVote: that of the candidate's last entry;
	//   AppendEntries: that of the entry before Entries (the paper's prevLogIndex);
	//   AppendEntriesResponse: the last that is known to match the leader's log or, if rejected,
	//   the request's Index;
	//   InstallSnapshotResponse: the last that is known to match the leader's log.
	Index Index

	// LogTerm is the term of the entry at Index; in a rejected AppendEntriesResponse, of that at
	// Hint.
	LogTerm Term

	// Hint, with LogTerm, names the follower's last entry that may still be in the leader's log
	// (the fast backup of §5.3): all its later ones have a term that the leader cannot have there.
	Hint Index

	Commit   Index // the leader's commit index
	Entries  []Entry
	Snapshot *Snapshot
}

// String is one line for tests and traces, such as
//
//	1→2 AppendEntries term 3 #7 prev 4/2 commit 4 entries 5..6
func (m Message) String() string {
	var b strings.Builder
	name := m.Type.String()
	if m.PreVote {
		name = strings.Replace(name, "RequestVote", "PreVote", 1)
	}
	fmt.Fprintf(&b, "%d→%d %s term %d", m.From, m.To, name, m.Term)
	if m.Seq != 0 {
		fmt.Fprintf(&b, " #%d", m.Seq)
	}
	switch m.Type {
	case RequestVote:
		fmt.Fprintf(&b, " last %d/%d", m.Index, m.LogTerm)
		if m.Transfer {
			b.WriteString(" transfer")
		}
	case RequestVoteResponse:
		b.WriteString(map[bool]string{false: " granted", true: " rejected"}[m.Reject])
	case AppendEntries:
		fmt.Fprintf(&b, " prev %d/%d commit %d", m.Index, m.LogTerm, m.Commit)
		switch n := Index(len(m.Entries)); n {
		case 0:
		case 1:
			fmt.Fprintf(&b, " entry %d", m.Index+1)
		default:
			fmt.Fprintf(&b, " entries %d..%d", m.Index+1, m.Index+n)
		}
	case AppendEntriesResponse, InstallSnapshotResponse:
		switch {
		case !m.Reject:
			fmt.Fprintf(&b, " match %d", m.Index)
		case m.Seq == 0:
			b.WriteString(" to an older term")
		default:
			fmt.Fprintf(&b, " rejected %d hint %d/%d", m.Index, m.Hint, m.LogTerm)
		}
	case InstallSnapshot:
		if m.Snapshot != nil {
			fmt.Fprintf(&b, " snapshot %d/%d", m.Snapshot.Index, m.Snapshot.Term)
		}
	}
	return b.String()
}
