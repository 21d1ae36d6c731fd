package labrpc

import (
	"strings"
	"testing"
)

// Odd has handlers that labgob cannot serve.
type Odd struct{}

type Unnamed struct{ F func() }

func (o *Odd) Takes(args *Unnamed, reply *int) {}
func (o *Odd) Gives(args int, reply *Unnamed)  {}
func (o *Odd) Fine(args int, reply *int)       { *reply = args }

var mistakes = []struct {
	svcMeth     string
	args, reply any
	want        []string
}{
	{"Odd.Fin", 1, new(int), []string{
		`Call("Odd.Fin"): service Odd has no method Fin; it has Fine, Gives, Takes`}},
	{"Odder.Fine", 1, new(int), []string{
		`Call("Odder.Fine"): server server has no service Odder; it has JunkServer, Odd`}},
	{"JunkServer.NoHandler1", 1, new(int), []string{
		"service JunkServer has no method NoHandler1; it has Handler1, Handler2"}},
	{"Fine", 1, new(int), []string{`Call("Fine"): want "Service.Method"`}},
	{"", 1, new(int), []string{`Call(""): want "Service.Method"`}},
	{"Odd.Fine", 1, 0, []string{`Call("Odd.Fine"): the reply is of type int; want a pointer`}},
	{"Odd.Fine", 1, nil, []string{"the reply is nil; want a pointer"}},
	{"Odd.Fine", 1, (*int)(nil), []string{"the reply is a nil *int; want a pointer"}},
	{"Odd.Fine", nil, new(int), []string{`Call("Odd.Fine"): encode the arguments: `, "nil"}},
	{"Odd.Fine", func() {}, new(int), []string{"encode the arguments: ", "func()"}},
	{"Odd.Fine", (*int)(nil), new(int), []string{"encode the arguments: ", "*int"}},
	{"Odd.Fine", "one", new(int), []string{"decode the arguments into int: "}},
	{"Odd.Fine", 1, new(string), []string{"decode the reply into *string: "}},
	{"Odd.Takes", Unnamed{}, new(int), []string{"encode the arguments: ", "Unnamed"}},
	{"Odd.Takes", 1, new(int), []string{"decode the arguments into labrpc.Unnamed: "}},
	{"Odd.Gives", 1, new(int), []string{`Call("Odd.Gives"): encode the reply: `, "Unnamed"}},
}

// reports are what misuse was reported.
type reports []string

func (r *reports) add(err error) { *r = append(*r, err.Error()) }

func TestMisuseIsReportedWithWhatExists(t *testing.T) {
	var reported reports
	l := newLab(t, Options{Instant: true, Misuse: reported.add})
	l.host("server").server.AddService(MakeService(&Odd{}))
	for _, c := range mistakes {
		reported = nil
		if l.end.Call(c.svcMeth, c.args, c.reply) {
			t.Errorf("%s(%v): Call returned true", c.svcMeth, c.args)
		}
		expect(t, reported, c.want)
	}
	// None of it did harm.
	if n := 0; !l.end.Call("Odd.Fine", 3, &n) || n != 3 {
		t.Errorf("a correct call failed, reply %d", n)
	}
}

func expect(t *testing.T, reported, want []string) {
	t.Helper()
	if len(reported) != 1 || !strings.HasPrefix(reported[0], "labrpc: ") {
		t.Errorf("reported is %q, want one report", reported)
		return
	}
	for _, part := range want {
		if !strings.Contains(reported[0], part) {
			t.Errorf("reported is %q, want %q in it", reported[0], part)
		}
	}
}

// Without a Misuse function the caller's own goroutine panics, with the same message.
func TestMisusePanicsInTheCaller(t *testing.T) {
	l := newLab(t, Options{Instant: true})
	l.host("server").server.AddService(MakeService(&Odd{}))
	for _, c := range mistakes {
		func() {
			defer func() {
				err, ok := recover().(error)
				if !ok {
					t.Errorf("%s(%v) did not panic with an error", c.svcMeth, c.args)
					return
				}
				expect(t, []string{err.Error()}, c.want)
			}()
			l.end.Call(c.svcMeth, c.args, c.reply)
		}()
	}
}

func TestMisuseOfControlsChangesNothing(t *testing.T) {
	var reported reports
	l := newLab(t, Options{Latency: ms, Misuse: reported.add})
	for _, c := range []struct {
		do   func()
		want string
	}{
		{func() { l.SetLink("end", LinkFaults{Request: Faults{Cut: true, Loss: 7}}) },
			"Request.Loss is 7"},
		{func() { l.SetAll(LinkFaults{Reply: Faults{Cut: true, Delay: -1}}) }, "Reply.Delay is -1ns"},
		{func() { l.AddServer("server", nil) }, "AddServer(server, nil): want a server"},
		{func() { l.AddServer(nil, MakeServer()) }, "AddServer(nil): a server's name must not be nil"},
		{func() { l.DeleteServer(nil) }, "DeleteServer(nil)"},
		{func() { l.Pause(nil) }, "Pause(nil)"},
		{func() { l.Resume(nil) }, "Resume(nil)"},
		{func() {
			if l.MakeEnd("end") != l.end {
				t.Error("a second end of one name is another")
			}
		}, "MakeEnd(end): there is an end of that name already"},
		{func() { NewNetwork(Options{Instant: true, Latency: ms, Misuse: l.options.Misuse}).Cleanup() },
			"Instant is true and Latency is 1ms"},
		{func() { MakeService(nil) }, ""},
	} {
		reported = nil
		func() {
			defer func() {
				if p := recover(); p != nil {
					reported = append(reported, p.(error).Error())
				}
			}()
			c.do()
		}()
		expect(t, reported, []string{c.want})
		if n := 0; !l.end.Call("JunkServer.Handler1", "5", &n) || n != 5 {
			t.Errorf("after %q a call fails", c.want)
		}
	}
}

// Bytes travel: neither side sees what the other does to arguments or reply later.
func TestNoMemoryIsShared(t *testing.T) {
	l := newLab(t, Options{Instant: true})
	keeper := &Keeper{}
	l.host("server").server.AddService(MakeService(keeper))
	args, reply := &Bag{Items: []int{1, 2}}, &Bag{}
	if !l.end.Call("Keeper.Keep", args, reply) {
		t.Fatal("the call failed")
	}
	args.Items[0], reply.Items[0] = 10, 20
	if keeper.args.Items[0] != 1 || keeper.reply.Items[0] != 1 {
		t.Errorf("the handler's arguments are %v now, its reply %v", keeper.args, keeper.reply)
	}
	first := keeper.args
	l.end.Call("Keeper.Keep", &Bag{Items: []int{7}}, &Bag{})
	if first.Items[0] != 1 || first == keeper.args {
		t.Error("arguments are used again for a later call")
	}
}

type Bag struct{ Items []int }

// Keeper keeps what its handler got and gave.
type Keeper struct{ args, reply *Bag }

func (k *Keeper) Keep(args *Bag, reply *Bag) {
	reply.Items = append(reply.Items, args.Items...)
	k.args, k.reply = args, reply
}

// A service replaces the one of its name with all its methods. Odd has none for values.
func TestServicesAreReplacedWhole(t *testing.T) {
	var reported reports
	l := newLab(t, Options{Instant: true, Misuse: reported.add})
	server := l.host("server").server
	server.AddService(MakeService(&Odd{}))
	server.AddService(MakeService(Odd{}))
	if l.end.Call("Odd.Fine", 1, new(int)) {
		t.Error("a method of the former service answers")
	}
	expect(t, reported, []string{"service Odd has no method Fine; it has none"})
}
