package porcupine

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// never is the position of a return that does not come: after all events.
const never = math.MaxInt32

// maxOperations bounds a partition: positions among its events are int32.
const maxOperations = 1 << 29

// part is one partition, put in order. An operation is named by its index in history.
//
//	events  c0 c1 r0 c2 r2 r1      c: call, r: return, each an operation's number
//	call    0  1     3             position of the call of 0, 1, 2
//	ret     2  5     4             position of the return
type part struct {
	history []Operation
	events  []event
	call    []int32
	ret     []int32 // never for a pending operation
}

// event is a call or a return of one operation of a part.
type event int32

func callOf(op int32) event    { return event(op << 1) }
func returnOf(op int32) event  { return event(op<<1 | 1) }
func (e event) op() int32      { return int32(e >> 1) }
func (e event) isReturn() bool { return e&1 == 1 }

// instant is when an operation was called, or returned.
type instant struct {
	time int64
	op   int32
}

func byTime(a, b instant) int { return cmp.Compare(a.time, b.time) }

// sortInstants sorts by time. Recorders write in order of one end of the operations, so that end is
// often sorted already.
func sortInstants(s []instant) []instant {
	if !slices.IsSortedFunc(s, byTime) {
		slices.SortFunc(s, byTime)
	}
	return s
}

// newPart orders the events of history, which it keeps. Of a call and a return at the same time the
// call comes first, as intervals are closed. The error names the operation that cannot be.
func newPart(history []Operation) (*part, error) {
	if len(history) > maxOperations {
		return nil, fmt.Errorf("porcupine: a partition of %d operations is larger than %d",
			len(history), maxOperations)
	}
	calls := make([]instant, 0, len(history))
	returns := make([]instant, 0, len(history))
	for i := range history {
		op := &history[i]
		calls = append(calls, instant{op.Call, int32(i)})
		if op.Pending {
			continue
		}
		if op.Return < op.Call {
			return nil, fmt.Errorf("porcupine: operation %d of its partition (client %d, input %v) returned at %d, "+
				"before its call at %d: swap the two times, or take both from one clock",
				i, op.ClientId, op.Input, op.Return, op.Call)
		}
		returns = append(returns, instant{op.Return, int32(i)})
	}
	sortInstants(calls)
	sortInstants(returns)
	p := &part{history: history, events: make([]event, 0, len(calls)+len(returns))}
	for _, r := range returns {
		for len(calls) > 0 && calls[0].time <= r.time {
			p.events = append(p.events, callOf(calls[0].op))
			calls = calls[1:]
		}
		p.events = append(p.events, returnOf(r.op))
	}
	for _, c := range calls {
		p.events = append(p.events, callOf(c.op))
	}
	p.index()
	return p, nil
}

// index sets call and ret from events.
func (p *part) index() {
	positions := make([]int32, 2*len(p.history))
	p.call, p.ret = positions[:len(p.history)], positions[len(p.history):]
	for i := range p.ret {
		p.ret[i] = never
	}
	for at, e := range p.events {
		if e.isReturn() {
			p.ret[e.op()] = int32(at)
		} else {
			p.call[e.op()] = int32(at)
		}
	}
}

// fromEvents makes operations of events, numbered in order of their calls; the time of an event is
// what at says of its index. The error names the event that cannot be.
func fromEvents(events []Event, at func(index int) int64) ([]Operation, error) {
	history := make([]Operation, 0, (len(events)+1)/2)
	numbers := make(map[int]int, (len(events)+1)/2)
	for i, e := range events {
		number, called := numbers[e.Id]
		if e.Kind == CallEvent {
			if called {
				return nil, fmt.Errorf("porcupine: event %d (client %d, value %v) is a second call with Id %d: "+
					"give each call an Id of its own", i, e.ClientId, e.Value, e.Id)
			}
			numbers[e.Id] = len(history)
			history = append(history, Operation{ClientId: e.ClientId, Input: e.Value, Call: at(i),
				Metadata: e.Metadata, Pending: true})
			continue
		}
		if !called {
			return nil, fmt.Errorf("porcupine: event %d (client %d, value %v) returns Id %d, which was not called before it",
				i, e.ClientId, e.Value, e.Id)
		}
		op := &history[number]
		if !op.Pending {
			return nil, fmt.Errorf("porcupine: event %d (client %d, value %v) is a second return of Id %d",
				i, e.ClientId, e.Value, e.Id)
		}
		op.Output, op.Return, op.Pending = e.Value, at(i), false
		if e.Metadata != nil {
			op.Metadata = e.Metadata
		}
	}
	return history, nil
}

// concurrency is the most operations that are open at once.
func (p *part) concurrency() int {
	open, most := 0, 0
	for _, e := range p.events {
		if e.isReturn() {
			open--
		} else if open++; open > most {
			most = open
		}
	}
	return most
}
