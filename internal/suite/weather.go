package suite

import (
	"fmt"
	"time"

	"raftlab/internal/tester"
)

// weather is what most scenarios of part 3 are made of: clients that work for a while, and what goes wrong
// meanwhile, a few rounds of it.
type weather struct {
	clients int
	rounds  int
	span    time.Duration // of a round, until clients begin nothing more
	// partitions: servers are split in two at random, again and again.
	partitions bool
	// crashes: at the end of a round all servers crash, with operations under way, and restart.
	crashes bool
	// shared: clients write each other's keys; otherwise each has its own, and knows what it must read there.
	shared bool
}

// story runs the rounds. After each the servers are whole and in touch, and what was under way must end soon.
func (w weather) story(k *tester.KV) {
	workers := make([]worker, w.clients)
	for i, c := range k.Clients(w.clients) {
		workers[i] = worker{KV: k, client: c, key: key(i)}
	}
	reader := k.Client()
	for range w.rounds {
		w.round(k, workers)
		for i := range workers {
			if !w.shared {
				reader.Expect(workers[i].key, workers[i].want)
			}
		}
		k.Trimmed()
	}
}

func (w weather) round(k *tester.KV, workers []worker) {
	until := k.Now() + w.span
	ended := make([]func() bool, len(workers))
	for i := range workers {
		work := workers[i].ownKey
		if w.shared {
			work = workers[i].sharedKeys
		}
		ended[i] = k.Begin(func() { work(shift{until, len(workers)}) })
	}
	if w.partitions {
		splitAtRandom(k, until)
	} else {
		k.Sleep(w.span)
	}
	if w.crashes {
		k.Crash(k.All()...)
		k.Sleep(electionPause / 10)
		k.Restart(k.All()...)
		k.ConnectAll()
	}
	for i := range ended {
		k.Soon(tester.OperationLimit, fmt.Sprintf("the last operation of client %d", i), ended[i])
	}
}

// splitAtRandom moves servers between two sides until the given time, and then heals. A split lasts about as
// long as an election: some end before there is a leader, some after.
func splitAtRandom(k *tester.KV, until time.Duration) {
	for k.Now() < until {
		var sides [2][]int
		for i := range k.Servers() {
			s := k.Intn(2)
			sides[s] = append(sides[s], i)
		}
		k.Partition(sides[:]...)
		k.Sleep(k.Between(electionPause/4, electionPause/2))
	}
	k.Partition()
}

// worker is a client at work.
type worker struct {
	*tester.KV
	client *tester.Client
	key    string
	want   string // what is under key, where nobody else writes
	writes int
}

func key(i int) string { return fmt.Sprint("k", i) }

// token returns what no client has written before.
func (w *worker) token() string {
	w.writes++
	return fmt.Sprintf("(%d %d)", w.client.ID(), w.writes)
}

// shift is a round of work.
type shift struct {
	until   time.Duration // when it ends
	workers int
}

// awake says whether there is time left, and now and then rests first. Clients work in bursts, and rest for the longer
// the more of them there are: together they ask for some hundreds of operations a second of a service that does each
// at once, whether they are one or twenty. At the end of a round none rests: what happens to the servers then
// finds operations under way.
func (w *worker) awake(s shift) bool {
	const (
		longest = 50 * time.Millisecond // for each client that there is
		rush    = 50 * time.Millisecond
	)
	if w.Chance(20) {
		rest := w.Between(0, longest*time.Duration(s.workers))
		w.Sleep(max(0, min(rest, s.until-rush-w.Now())))
	}
	return w.Now() < s.until
}

// ownKey appends to the client's own key and reads it, which must give what it has written.
func (w *worker) ownKey(s shift) {
	w.want = w.token()
	w.client.Put(w.key, w.want)
	for w.awake(s) {
		if w.Chance(50) {
			token := w.token()
			w.client.Append(w.key, token)
			w.want += token
		} else {
			w.client.Expect(w.key, w.want)
		}
	}
}

// sharedKeys reads and writes keys at random, which other clients do too.
func (w *worker) sharedKeys(s shift) {
	for w.awake(s) {
		key := key(w.Intn(s.workers))
		switch dice := w.Intn(10); {
		case dice < 5:
			w.client.Append(key, w.token())
		case dice < 6:
			w.client.Put(key, w.token())
		default:
			w.client.Get(key)
		}
	}
}
