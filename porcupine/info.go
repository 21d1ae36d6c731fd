package porcupine

import "slices"

// LinearizationInfo is what a verbose check found out, for [Visualize]. The zero value is an empty
// history.
type LinearizationInfo struct {
	parts       []partInfo
	annotations []Annotation
}

// partInfo is what is known of one partition.
type partInfo struct {
	history  []Operation
	result   CheckResult
	partials [][]int // longest first; the first is complete if the result is Ok
	stuck    int     // Illegal: the operation whose return no order gets past; else -1
}

func newInfo(c *check) LinearizationInfo {
	info := LinearizationInfo{parts: make([]partInfo, len(c.parts))}
	for i, p := range c.parts {
		o := c.outcomes[i]
		part := partInfo{history: slices.Clone(p.history), result: o.result, stuck: -1}
		orders := o.partials
		if o.result == Ok {
			orders = [][]int32{o.order}
		}
		for _, order := range orders {
			ids := make([]int, len(order))
			for j, op := range order {
				ids[j] = int(op)
			}
			part.partials = append(part.partials, ids)
		}
		if o.result == Illegal {
			part.stuck = int(o.stuck)
		}
		info.parts[i] = part
	}
	return info
}

// PartialLinearizations returns, for each partition, orders in which some of its operations can
// have taken effect, longest first. Operations are named by their index in the partition; for
// events, by the order of the calls there. Of a linearizable partition it is one complete order,
// without pending operations that had no effect. Otherwise, it is for each operation (that has one)
// the longest order found with it; of many, the longest.
func (li *LinearizationInfo) PartialLinearizations() [][][]int {
	orders := make([][][]int, len(li.parts))
	for i, p := range li.parts {
		for _, order := range p.partials {
			orders[i] = append(orders[i], slices.Clone(order))
		}
	}
	return orders
}

// PartialLinearizationsOperations is PartialLinearizations with the operations themselves.
// Operations that were given as events have as times the indices of their events in the history.
func (li *LinearizationInfo) PartialLinearizationsOperations() [][][]Operation {
	orders := make([][][]Operation, len(li.parts))
	for i, p := range li.parts {
		orders[i] = make([][]Operation, len(p.partials))
		for j, order := range p.partials {
			operations := make([]Operation, len(order))
			for k, id := range order {
				operations[k] = p.history[id]
			}
			orders[i][j] = operations
		}
	}
	return orders
}

// Annotation is a remark to show beside a history: what a client did besides its operations, or,
// with a Tag, what someone else did, such as a server or a test.
type Annotation struct {
	ClientId        int    // whose row it is in, without a Tag
	Tag             string // the row's name, if not a client's
	Start           int64  // on the clock of the history
	End             int64  // if before Start: at Start
	Description     string // shown in the row
	Details         string // shown when pointed at
	TextColor       string // a CSS colour; may be empty
	BackgroundColor string // a CSS colour; may be empty

	_ struct{} // only keyed literals
}

// AddAnnotations adds remarks to what [Visualize] shows of li.
func (li *LinearizationInfo) AddAnnotations(annotations []Annotation) {
	for _, a := range annotations {
		a.End = max(a.Start, a.End)
		li.annotations = append(li.annotations, a)
	}
}
