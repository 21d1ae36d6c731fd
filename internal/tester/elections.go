package tester

import (
	"fmt"

	"raftlab/internal/trace"
)

// elections judges ElectionSafety and the term half of Monotonic from State and Start events.
type elections struct {
	fail    func(invariant, message string)
	leaders map[int]int // term → the server that was seen to lead it
	terms   []int       // per server: the highest term it was seen in
}

func newElections(servers int, fail func(invariant, message string)) *elections {
	return &elections{fail: fail, leaders: map[int]int{}, terms: make([]int, servers)}
}

// see is a trace.Sink. A Start's answer tells the term as GetState does; but the two come from different
// activities, so only State events, which come from one activity per server, are held to rise.
func (v *elections) see(e trace.Event) {
	switch {
	case e.Kind == trace.State:
		if e.Term < v.terms[e.Node] {
			v.fail(Monotonic, fmt.Sprintf("server %d went back from term %d to term %d",
				e.Node, v.terms[e.Node], e.Term))
		}
		v.terms[e.Node] = e.Term
	case e.Kind != trace.Start || !e.Leader:
		return
	}
	if !e.Leader {
		return
	}
	if other, known := v.leaders[e.Term]; known && other != e.Node {
		v.fail(ElectionSafety, fmt.Sprintf("servers %d and %d both lead term %d", other, e.Node, e.Term))
	}
	v.leaders[e.Term] = e.Node
}
