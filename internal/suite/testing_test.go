package suite

import (
	"testing"
	"time"
)

func TestTheLineThatRunsItAgain(t *testing.T) {
	env := map[string]string{}
	look := func(name string) string { return env[name] }
	raft, _ := Find("TestBackup2B")
	kv, _ := Find("TestBasic3A")
	for _, c := range []struct {
		got, want string
	}{
		{again(raft, 17, look), "RAFTLAB_SEED=17 go test ./raft -count=1 -run '^TestBackup2B$'"},
		{again(kv, 18, look), "RAFTLAB_SEED=18 go test ./kvraft -count=1 -run '^TestBasic3A$'"},
		{func() string {
			env[ClockVariable], env[StrictVariable] = "virtual", "1"
			return again(raft, 19, look)
		}(), "RAFTLAB_SEED=19 RAFTLAB_CLOCK=virtual RAFTLAB_STRICT=1 go test ./raft -count=1 -run '^TestBackup2B$'"},
	} {
		if c.got != c.want {
			t.Errorf("got  %s\nwant %s", c.got, c.want)
		}
	}
}

func TestSeed(t *testing.T) {
	now := time.Unix(0, 2_000_000_019)
	for text, want := range map[string]uint64{"": 2_000_000_019 % 1_000_000_007, "0": 0, "18446744073709551615": 1<<64 - 1} {
		if got, err := seedFrom(text, now); got != want || err != nil {
			t.Errorf("seedFrom(%q) = %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"-1", "x", "1.5", " 7", "18446744073709551616"} {
		if got, err := seedFrom(text, now); err == nil {
			t.Errorf("seedFrom(%q) = %d; want an error", text, got)
		}
	}
}

// TestRegistry holds every scenario to what the runners of this and other packages rely on.
func TestRegistry(t *testing.T) {
	names := map[string]bool{}
	for _, s := range All() {
		if names[s.Name] {
			t.Errorf("%s is there twice", s.Name)
		}
		names[s.Name] = true
		if n := len(s.Name); s.Name[n-2:] != s.Part || s.Points < 1 || s.Servers < 3 || s.Title == "" ||
			(s.Raft == nil) == (s.KV == nil) || (s.Raft != nil) != (s.Part[0] == '2') {
			t.Errorf("%s is not as a scenario must be: %+v", s.Name, s)
		}
		if cfg := s.Config(1); cfg.LongDelays != (s.Raft != nil) {
			t.Errorf("%s: long delays are %v", s.Name, cfg.LongDelays)
		}
	}
}
