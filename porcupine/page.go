package porcupine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
)

// maxStateText bounds what the page says of one state, in runes.
const maxStateText = 200

// page is the data of a page, as its script reads it. Names are short as there are many.
type page struct {
	// all there are, in order; places are indices into it
	Times       []any            `json:"times"`
	States      []string         `json:"states"`
	Parts       []pagePart       `json:"parts"`
	Annotations []pageAnnotation `json:"annotations"`
}

type pagePart struct {
	Key    string          `json:"key"`
	Result CheckResult     `json:"result"`
	Stuck  int             `json:"stuck"` // -1: none
	Ops    []pageOperation `json:"ops"`
	Orders []pageOrder     `json:"orders"` // longest first
}

type pageOperation struct {
	Client   int    `json:"c"`
	Start    int    `json:"s"`
	End      int    `json:"e"` // -1: pending
	Text     string `json:"d"`
	Metadata string `json:"m,omitempty"`
}

// pageOrder is an order: the first Keep steps of order Base, then Steps.
type pageOrder struct {
	Base  int      `json:"base"`
	Keep  int      `json:"keep"`
	Steps [][2]int `json:"steps"` // operation, state after it
}

type pageAnnotation struct {
	Client  int    `json:"c"`
	Tag     string `json:"tag"`
	Start   int    `json:"s"`
	End     int    `json:"e"`
	Text    string `json:"d"`
	Details string `json:"m,omitempty"`
	Color   string `json:"fg,omitempty"`
	Back    string `json:"bg,omitempty"`
}

// pageMaker puts a page together.
type pageMaker struct {
	model  *Model
	page   page
	places map[int64]int // of times
	texts  map[string]int
}

func newPage(m *Model, info *LinearizationInfo) (*page, error) {
	b := &pageMaker{model: m, texts: map[string]int{}}
	b.page.Parts, b.page.Annotations = []pagePart{}, []pageAnnotation{}
	b.placeTimes(info)
	for i := range info.parts {
		if err := b.part(&info.parts[i]); err != nil {
			return nil, err
		}
	}
	for _, a := range info.annotations {
		b.page.Annotations = append(b.page.Annotations,
			pageAnnotation{a.ClientId, a.Tag, b.places[a.Start],
				b.places[a.End], a.Description, a.Details, a.TextColor, a.BackgroundColor})
	}
	return &b.page, nil
}

// placeTimes numbers the times of info. Those that JavaScript's numbers cannot hold become strings.
func (b *pageMaker) placeTimes(info *LinearizationInfo) {
	var times []int64
	for _, p := range info.parts {
		for _, op := range p.history {
			times = append(times, op.Call)
			if !op.Pending {
				times = append(times, op.Return)
			}
		}
	}
	for _, a := range info.annotations {
		times = append(times, a.Start, a.End)
	}
	slices.Sort(times)
	times = slices.Compact(times)
	b.places = make(map[int64]int, len(times))
	b.page.Times = make([]any, len(times))
	for i, t := range times {
		b.places[t] = i
		b.page.Times[i] = t
		if t > 1<<53 || t < -(1<<53) {
			b.page.Times[i] = fmt.Sprint(t)
		}
	}
}

func (b *pageMaker) part(p *partInfo) error {
	part := pagePart{Result: p.result, Stuck: p.stuck, Ops: []pageOperation{},
		Orders: []pageOrder{}}
	for i, op := range p.history {
		if i == 0 {
			part.Key = b.model.PartitionName(op.Input)
		}
		o := pageOperation{Client: op.ClientId, Start: b.places[op.Call], End: -1,
			Text:     shorten(b.model.DescribeOperation(op.Input, op.Output), maxStateText),
			Metadata: b.model.DescribeOperationMetadata(op.Metadata)}
		if !op.Pending {
			o.End = b.places[op.Return]
		}
		part.Ops = append(part.Ops, o)
	}
	orders := slices.Clone(p.partials)
	slices.SortStableFunc(orders, func(a, c []int) int { return cmp.Compare(len(c), len(a)) })
	states := make([][]any, len(orders)) // of each order, before each step and at the end
	for i, order := range orders {
		base, keep := nearest(orders[:i], order)
		o := pageOrder{Base: base, Keep: keep, Steps: [][2]int{}}
		if base < 0 {
			states[i] = []any{b.model.Init()}
		} else {
			states[i] = slices.Clone(states[base][:keep+1])
		}
		for _, id := range order[keep:] {
			op := &p.history[id]
			ok, next := b.step(states[i][len(states[i])-1], op)
			if !ok {
				return fmt.Errorf("porcupine: visualize: the model refuses operation %d (%s) in an order that the check found: "+
					"give the model that the check was given", id, b.model.DescribeOperation(op.Input, op.Output))
			}
			states[i] = append(states[i], next)
			o.Steps = append(o.Steps, [2]int{id, b.text(next)})
		}
		part.Orders = append(part.Orders, o)
	}
	b.page.Parts = append(b.page.Parts, part)
	return nil
}

func (b *pageMaker) step(state any, op *Operation) (bool, any) {
	return b.model.StepContext(context.Background(), state, op.Input, op.Output)
}

// text returns the number of a state's description.
func (b *pageMaker) text(state any) int {
	words := shorten(b.model.DescribeState(state), maxStateText)
	number, ok := b.texts[words]
	if !ok {
		number = len(b.page.States)
		b.texts[words] = number
		b.page.States = append(b.page.States, words)
	}
	return number
}

// nearest returns the order among orders with which order has most of its beginning in common, and
// how much; -1 and 0 if none.
func nearest(orders [][]int, order []int) (base, keep int) {
	base = -1
	for i, other := range orders {
		same := 0
		for same < len(order) && same < len(other) && order[same] == other[same] {
			same++
		}
		if same > keep {
			base, keep = i, same
		}
	}
	return base, keep
}
