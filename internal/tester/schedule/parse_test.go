package schedule

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

const every = `# every kind of line that there is
raft peers 5 seed 18446744073709551615 snapshots 10
work clients 2 every 20ms operations 100 everybody   # and a comment behind it

0s unreliable
0s noise delay 1ms jitter 20ms loss 10% twice 100%
0s noise rest > 1 2 loss 5% for 2s
120ms partition leader 3 | follower | rest for 400ms
120ms bridge any for 1m0s
130ms ring
200ms cut old > followers for 1.5s
300ms crash 2 after save 3
elected after 400ms crash leader after send 2 for 150ms
elected 3 after 400ms crash next near after save 1 unsent
500ms pause minority
500ms freeze leader for 1µs
600ms slow all delay 20ms
600ms clock 0 rate 150% for 100ms
600ms clock any rate 50% jump 1h0m0s
`

func TestParse(t *testing.T) {
	text := strings.Replace(every, "jump 1h0m0s", "jump 3s", 1) +
		"700ms reorder\n800ms snapshot leader\n900ms connect\n900ms quiet\n" +
		"900ms resume all\n900ms restart down\n2s heal\n\n"
	s, err := Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	if got, want := s.String(), strings.Join(lines, "\n")+"\n"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	again(t, s)
	if want := (Step{At: 400 * time.Millisecond, Elected: true, Kind: Crash, Who: Peers{Leader}, Point: AfterSend,
		Count: 2, For: 150 * time.Millisecond}); !reflect.DeepEqual(s.Steps[8], want) {
		t.Errorf("step 9 is %+v, want %+v", s.Steps[8], want)
	}
	if s.Peers != 5 || s.Seed != 1<<64-1 || s.Snapshots != 10 || s.Heal != 2*time.Second || len(s.Steps) != 21 ||
		!reflect.DeepEqual(s.Work, Work{Clients: 2, Every: 20 * time.Millisecond, Operations: 100, Everybody: true}) {
		t.Errorf("%+v", s)
	}
}

// TestParseTakesOptionsInAnyOrder: what is written otherwise means the same.
func TestParseTakesOptionsInAnyOrder(t *testing.T) {
	a, err := Parse(strings.NewReader("kvraft seed 3 peers 3\nwork keys 2 append 20% get 30% clients 4 stay 1s\n" +
		"100ms\tcrash  0 for 0.1s\n0.2s heal"))
	if err != nil {
		t.Fatal(err)
	}
	const want = "kvraft peers 3 seed 3\nwork clients 4 keys 2 get 30% append 20% stay 1s\n" +
		"100ms crash 0 for 100ms\n200ms heal\n"
	if a.String() != want {
		t.Errorf("got\n%s", a)
	}
}

// TestParseRefuses: the line and the reason.
func TestParseRefuses(t *testing.T) {
	const raft, work, heal = "raft peers 3\n", "work clients 1\n", "1s heal\n"
	for _, test := range []struct{ script, says string }{
		{"", "line 1: the script ends without the lab"},
		{"\n# nothing\n", "line 3: the script ends without the lab"},
		{"paxos peers 3\n" + work + heal, `line 1: unknown lab "paxos"; it is raft or kvraft`},
		{"raft\n" + work + heal, "line 1: peers 0; want 1 to 9"},
		{"raft peers 10\n" + work + heal, "line 1: peers 10; want 1 to 9"},
		{"raft peers 3 peers 3\n" + work + heal, "line 1: peers is there twice"},
		{"raft peers three\n" + work + heal, `line 1: peers: "three" is no number that fits here`},
		{"raft peers\n" + work + heal, "line 1: peers: a value is missing"},
		{"raft peers 3 seed -1\n" + work + heal, `line 1: seed: "-1" is no number`},
		{"raft peers 3 colour 2\n" + work + heal, `line 1: "colour" is not understood here; what can follow is peers, seed`},
		{raft, "line 2: the script ends without the line work"},
		{raft + heal, `line 2: "1s" where work should be`},
		{raft + "work clients 51\n" + heal, "line 2: work: clients 51; want 0 to 50"},
		{raft + "work clients 1 keys 2\n" + heal, "line 2: work: keys, get, append and stay are for kvraft"},
		{raft + "work clients 1 every fast\n" + heal, `line 2: every: "fast" is no time, such as 300ms`},
		{"kvraft peers 3\nwork clients 1\n" + heal, "line 2: work: keys 0; want 1 or more"},
		{"kvraft peers 3\nwork clients 1 keys 1 everybody\n" + heal, "line 2: work: everybody is for raft"},
		{"kvraft peers 3\nwork clients 1 keys 1 get 60% append 50%\n" + heal, "line 2: work: get 60% and append 50%"},
		{"kvraft peers 3\nwork clients 1 keys 1 get 60\n" + heal, `line 2: get: "60" is no percentage, such as 30%`},
		{raft + work, "line 3: the script ends without the last line, which says when to heal"},
		{raft + work + "now crash 1\n" + heal, `line 3: "now" is no time`},
		{raft + work + "1ms explode 1\n" + heal, `line 3: unknown fault "explode"; known are [partition bridge`},
		{raft + work + "1ms\n" + heal, `line 3: unknown fault ""`},
		{raft + work + "1ms crash 3\n" + heal, "line 3: crash: there is no server 3; they are 0 to 2"},
		{raft + work + "1ms crash\n" + heal, "line 3: crash: it must say which servers"},
		{raft + work + "1ms crash somebody\n" + heal, `line 3: "somebody" is not understood here`},
		{raft + work + "1ms crash 1 | 2\n" + heal, `line 3: "|" is not understood here`},
		{raft + work + "1ms crash rest\n" + heal, "line 3: crash: rest has a meaning beside other servers alone"},
		{raft + work + "1ms crash 1 after dinner 1\n" + heal, `line 3: after "dinner"; want after save or after send`},
		{raft + work + "1ms crash 1 after save 0\n" + heal, "line 3: after save 0; want 1 or more"},
		{raft + work + "1ms crash 1 after save\n" + heal, "line 3: after save: a value is missing"},
		{raft + work + "1ms crash 1 after send 1 unsent\n" + heal, "line 3: unsent follows after save alone"},
		{raft + work + "1ms pause 1 after save 1\n" + heal, "line 3: pause: it does not say after which save or send"},
		{raft + work + "1ms crash 1 delay 3ms\n" + heal, "line 3: crash: it does not say delay"},
		{raft + work + "1ms cut 1\n" + heal, "line 3: cut: it must say > and to which servers"},
		{raft + work + "1ms cut 1 >\n" + heal, "line 3: no servers after >"},
		{raft + work + "1ms partition\n" + heal, "line 3: partition: a side has no servers"},
		{raft + work + "1ms partition 1 |\n" + heal, "line 3: partition: a side has no servers"},
		{raft + work + "1ms noise\n" + heal, "line 3: noise: it must say delay, jitter, loss or twice"},
		{raft + work + "1ms noise 1 loss 10%\n" + heal, "line 3: noise: it must say both from and to which servers"},
		{raft + work + "1ms noise loss 101%\n" + heal, "line 3: noise: loss 101%"},
		{raft + work + "1ms noise loss 10% delay -1ms\n" + heal, "line 3: a time is -1ms; want 0 to 10m0s"},
		{raft + work + "1ms clock 1\n" + heal, "line 3: clock: it must say rate or jump"},
		{raft + work + "1ms clock 1 rate 10%\n" + heal, "line 3: clock: rate 10%; want 50% to 200%"},
		{raft + work + "1ms ring for 11m\n" + heal, "line 3: a time is 11m0s; want 0 to 10m0s"},
		{raft + work + "1ms connect for 1s\n" + heal, "line 3: connect: it does not say for how long"},
		{"kvraft peers 3\nwork clients 1 keys 1\n1ms snapshot 1\n" + heal, "line 3: a service of kvraft decides itself"},
		{raft + work + "elected 1ms ring\n" + heal, "line 3: elected"},
		{raft + work + "elected 0 after 1ms ring\n" + heal, "line 3: elected 0; want 1"},
		{raft + work + "elected 2 before 1ms ring\n" + heal, "line 3: elected is followed by after and a time"},
		{raft + work + "elected after 1ms heal\n", "line 3: heal has a time and nothing else"},
		{raft + work + "3ms ring\n2ms ring\n" + heal, "line 4: 2ms comes after 3ms: steps must be in order of time"},
		{raft + work + "3s ring\n\n" + heal, "line 5: it heals at 1s, before the last step at 3s"},
		{raft + work + "1s heal soon\n", "line 3: heal has a time and nothing else"},
		{raft + work + "11m heal\n", "line 3: heal is 11m0s"},
		{raft + work + heal + "2s ring\n", "line 4: nothing may follow the line heal"},
		{raft + work + strings.Repeat("1ms ring\n", MaxSteps+1) + heal, "line 1003: more than 1000 steps"},
		{raft + strings.Repeat("x", 1<<17), "line 2: bufio.Scanner: token too long"},
	} {
		_, err := Parse(strings.NewReader(test.script))
		if err == nil || !strings.HasPrefix(err.Error(), "schedule: "+test.says) {
			t.Errorf("%q\n gives %v\n want  schedule: %s…", test.script[:min(len(test.script), 80)], err, test.says)
		}
	}
}

// TestValidateRefuses what no script can say.
func TestValidateRefuses(t *testing.T) {
	good := Random(1, Options{Family: "votes"})
	for _, test := range []struct {
		bend func(s *Schedule)
		says string
	}{
		{func(s *Schedule) { s.Steps = append(s.Steps, Step{}) }, `unknown fault ""`},
		{func(s *Schedule) { s.Steps = []Step{{Kind: Crash, Who: Peers{-99}}} }, "there is no server -99"},
		{func(s *Schedule) { s.Steps = []Step{{Kind: Crash, Who: Peers{0}, Count: 3}} }, "after  3; want 1 or more"},
		{func(s *Schedule) { s.Steps = []Step{{Kind: Crash, Who: Peers{0}, Point: "x", Count: 3}} }, `unknown point "x"`},
		{func(s *Schedule) { s.Steps = []Step{{Kind: Ring, Passes: 1}} }, "it lets 1 elections pass"},
		{func(s *Schedule) { s.Steps = make([]Step, MaxSteps+1) }, "1001 steps; at most 1000"},
		{func(s *Schedule) { s.Snapshots = -1 }, "snapshots -1"},
		{func(s *Schedule) { s.Work.Operations = -1 }, "operations -1"},
		{func(s *Schedule) { s.Work.Every = -1 }, "every is -1ns"},
		{func(s *Schedule) { s.Heal = 0 }, "it heals at 0s, before the last step"},
	} {
		s := good
		test.bend(&s)
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%v; want …%s…", err, test.says)
		}
	}
}

// FuzzParse: whatever is read can be played, and is read again as it is written.
func FuzzParse(f *testing.F) {
	f.Add(every + "2s heal\n")
	for seed := range uint64(20) {
		f.Add(Random(seed, Options{Lab: []Lab{Raft, KV}[seed%2]}).String())
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse(strings.NewReader(text))
		if err != nil {
			if !strings.HasPrefix(err.Error(), "schedule: line ") {
				t.Errorf("%q: the error names no line: %v", text, err)
			}
			return
		}
		again(t, s)
	})
}
