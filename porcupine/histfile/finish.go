package histfile

import (
	"cmp"
	"fmt"
	"slices"

	"raftlab/porcupine"
	"raftlab/porcupine/models"
)

// finish makes the history of what was read.
func (rd *reader) finish() (*History, error) {
	if err := rd.chooseModel(); err != nil {
		return nil, err
	}
	if err := rd.checkAlone(); err != nil {
		return nil, err
	}
	h := &History{Model: rd.model}
	for i := range rd.entries {
		e := &rd.entries[i]
		if e.didNotHappen {
			continue
		}
		op := porcupine.Operation{ClientId: e.client, Call: e.call, Return: e.ret,
			Pending:  !e.returned,
			Metadata: Line(e.line)}
		if rd.model == KV {
			op.Input, op.Output = e.kv()
		} else {
			op.Input, op.Output = e.register()
		}
		h.Operations = append(h.Operations, op)
	}
	return h, nil
}

// chooseModel settles the model and checks that it has all operations.
func (rd *reader) chooseModel() error {
	home := map[string][]string{"get": {KV}, "put": {KV}, "append": {KV},
		"read": {Register, Cas}, "write": {Register, Cas}, "cas": {Cas}}
	if rd.model == "" {
		rd.model = KV // of an empty file
		for i := range rd.entries {
			last := home[rd.entries[i].op]
			if i == 0 || len(last) == 1 && last[0] == Cas && rd.model == Register {
				rd.model = last[0]
			}
		}
	}
	for i := range rd.entries {
		e := &rd.entries[i]
		if !slices.Contains(home[e.op], rd.model) {
			return rd.fail(e.line, fmt.Errorf("%s is no operation of model %q; it belongs to %q",
				e.op, rd.model, home[e.op][0]))
		}
	}
	return nil
}

// checkAlone checks that no client has two operations open at once, unless they have ids.
func (rd *reader) checkAlone() error {
	clients := map[int][]*entry{}
	for i := range rd.entries {
		if e := &rd.entries[i]; e.alone {
			clients[e.client] = append(clients[e.client], e)
		}
	}
	var first *entry // of those that call too early, the one that comes first in the file
	var open *entry
	for _, entries := range clients {
		slices.SortStableFunc(entries, func(a, b *entry) int { return cmp.Compare(a.call, b.call) })
		for i, e := range entries[1:] {
			before := entries[i]
			if (!before.returned || before.ret > e.call) && (first == nil || e.line < first.line) {
				first, open = e, before
			}
		}
	}
	if first == nil {
		return nil
	}
	until := "never returned"
	if open.returned {
		until = fmt.Sprintf("was open until %d", open.ret)
	}
	return rd.fail(first.line,
		fmt.Errorf("client %d calls %s at %d while its %s of line %d %s: use another client, "+
			"or give each an id", first.client, first.op, first.call, open.op, open.line, until))
}

func (e *entry) kv() (input, output any) {
	in := models.KvInput{Op: models.KvGet, Key: e.key}
	in.Value, _ = e.request.value.(string)
	switch e.op {
	case "put":
		in.Op = models.KvPut
	case "append":
		in.Op = models.KvAppend
	}
	if !e.known {
		return in, nil
	}
	if e.op != "get" {
		return in, models.KvOutput{}
	}
	value, _ := e.answer.value.(string) // a missing key reads as ""
	return in, models.KvOutput{Value: value}
}

func (e *entry) register() (input, output any) {
	in := models.RegisterInput{Op: models.RegisterRead, Key: e.key, Value: e.request.value}
	switch e.op {
	case "write":
		in.Op = models.RegisterWrite
	case "cas":
		in.Op, in.From = models.RegisterCas, e.from
	}
	if !e.known {
		return in, nil
	}
	switch e.op {
	case "read":
		return in, models.RegisterOutput{Value: e.answer.value}
	case "cas":
		return in, models.RegisterOutput{Ok: e.ok}
	}
	return in, models.RegisterOutput{}
}
