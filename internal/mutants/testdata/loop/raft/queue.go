package raft

import "sync"

// queue holds what is to be delivered, however slow the service is.
type queue struct {
	mu      sync.Mutex
	all     []ApplyMsg
	wake    chan struct{}
	applyCh chan ApplyMsg
	stop    chan struct{}
}

func newQueue(applyCh chan ApplyMsg, stop chan struct{}) *queue {
	return &queue{wake: make(chan struct{}, 1), applyCh: applyCh, stop: stop}
}

func (q *queue) put(m ApplyMsg) {
	q.mu.Lock()
	if m.SnapshotValid {
		q.all = nil // the snapshot has all of it
	}
	q.all = append(q.all, m)
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

func (q *queue) run() {
	for {
		select {
		case <-q.wake:
		case <-q.stop:
			return
		}
		for {
			q.mu.Lock()
			if len(q.all) == 0 {
				q.mu.Unlock()
				break
			}
			m := q.all[0]
			q.all = q.all[1:]
			q.mu.Unlock()
			select {
			case q.applyCh <- m:
			case <-q.stop:
				return
			}
		}
	}
}
