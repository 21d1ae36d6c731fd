package labrpc

import (
	"testing"
	"time"
)

// TestHalt: what a server has said before it is halted still arrives; nothing else of it does, or reaches it.
func TestHalt(t *testing.T) {
	m, err := NewModel(Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	m.AddServer("s")
	m.Connect("e", "s")
	m.Enable("e", true)
	now := time.Second
	said, _ := m.Request(now, "e", 1)
	unsaid, _ := m.Request(now, "e", 1)
	late, arriving := m.Request(now, "e", 1)
	reply := m.Reply(now, said, 1)
	m.Halt("s")
	if fate := m.ReplyArrives(reply.At[0], said); fate.Copies != 1 || !said.Heard() || said.Alive() {
		t.Errorf("a reply that had left: %+v, heard %v, alive %v", fate, said.Heard(), said.Alive())
	}
	if fate := m.Reply(now, unsaid, 1); fate.Copies != 0 || fate.Reason != Down {
		t.Errorf("a reply after the end: %+v", fate)
	}
	if fate := m.RequestArrives(arriving.At[0], late); fate.Copies != 0 || fate.Reason != Down {
		t.Errorf("a request that arrives after the end: %+v", fate)
	}
	if _, fate := m.Request(now, "e", 1); fate.Reason != Down {
		t.Errorf("a request after the end: %+v", fate)
	}
	m.AddServer("s")
	again, _ := m.Request(now, "e", 1)
	if fate := m.ReplyArrives(now, said); fate.Copies != 1 || !again.Alive() {
		t.Errorf("after the restart: a reply from before %+v, a new call alive %v", fate, again.Alive())
	}
	m.Enable("e", false)
	if fate := m.ReplyArrives(now, said); fate.Reason != Disabled || said.Heard() {
		t.Errorf("with the end disabled: %+v", fate)
	}
	m.DeleteServer("s")
	m.Enable("e", true)
	if again.Heard() {
		t.Error("a server that was deleted is heard")
	}
}
