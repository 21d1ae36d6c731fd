package state

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"slices"
)

// A snapshot, as bytes:
//
//	checksum   4 bytes, CRC-32C of all that follows, little endian
//	magic      4 bytes, "kvs1"
//	index      uvarint, of the last command included
//	sessions   their number, uvarint; each, clients ascending:
//	           client, 8 bytes, little endian; number of the last command, uvarint; flags, 1 byte (1: existed)
//	pairs      their number, uvarint; each, keys ascending:
//	           length of key, uvarint; key; length of value, uvarint; value
//
// Equal states have equal bytes: everything is sorted, and there is one way to write each number.
const (
	snapshotMagic = "kvs1"
	snapshotHead  = 4 + len(snapshotMagic) // bytes before the index
	flagExisted   = 1
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Encode returns the snapshot as bytes, which the caller owns.
func (f Frozen) Encode() []byte {
	out := make([]byte, snapshotHead)
	copy(out[4:], snapshotMagic)
	out = binary.AppendUvarint(out, f.index)
	out = binary.AppendUvarint(out, uint64(len(f.sessions)))
	for _, client := range slices.Sorted(maps.Keys(f.sessions)) {
		s := f.sessions[client]
		out = binary.LittleEndian.AppendUint64(out, uint64(client))
		out = binary.AppendUvarint(out, s.last)
		out = append(out, s.reply.flags())
	}
	out = binary.AppendUvarint(out, uint64(f.content.Len()))
	for key, value := range f.content.All() {
		out = append(binary.AppendUvarint(out, uint64(len(key))), key...)
		out = append(binary.AppendUvarint(out, uint64(len(value))), value...)
	}
	binary.LittleEndian.PutUint32(out, crc32.Checksum(out[4:], castagnoli))
	return out
}

func (r Reply) flags() byte {
	if r.Existed {
		return flagExisted
	}
	return 0
}

// Restore makes the snapshot the machine's whole state: what it held before is gone. The bytes are not kept. An
// error says in which way these are not the bytes of a snapshot; the machine is then as it was.
func (m *Machine) Restore(snapshot []byte) error {
	index, sessions, content, err := decode(snapshot)
	if err != nil {
		return fmt.Errorf("state: restore a snapshot of %d bytes: %w; take another copy of it", len(snapshot), err)
	}
	m.applied, m.sessions = index, sessions
	m.store.Replace(maps.All(content))
	return nil
}

func decode(data []byte) (index uint64, sessions map[ClientID]session, content map[string]string, err error) {
	if len(data) < snapshotHead || string(data[4:snapshotHead]) != snapshotMagic {
		return 0, nil, nil, errors.New("it does not begin as snapshots do")
	}
	if want, got := binary.LittleEndian.Uint32(data), crc32.Checksum(data[4:], castagnoli); want != got {
		return 0, nil, nil, fmt.Errorf("its checksum is %08x, but that of its content is %08x", want, got)
	}
	r := reader{rest: data[snapshotHead:]}
	index = r.uvarint()
	sessions = r.sessions()
	content = r.pairs()
	if r.bad == "" && len(r.rest) > 0 {
		r.bad = fmt.Sprintf("%d bytes follow the last pair", len(r.rest))
	}
	if r.bad != "" {
		return 0, nil, nil, errors.New(r.bad)
	}
	return index, sessions, content, nil
}

// reader takes values off the front of rest. Once bad says what is wrong it returns zeros only.
type reader struct {
	rest []byte
	bad  string
}

// fail notes the first thing that is wrong.
func (r *reader) fail(what string) {
	if r.bad == "" {
		r.bad = what
	}
	r.rest = nil
}

func (r *reader) sessions() map[ClientID]session {
	sessions := map[ClientID]session{}
	previous := ClientID(0)
	for i := range r.uvarint() {
		client := ClientID(binary.LittleEndian.Uint64(r.take(8)))
		s := session{last: r.uvarint()}
		flags := r.take(1)[0]
		s.reply.Existed = flags == flagExisted
		switch {
		case r.bad != "":
			return nil // and believe no count: there may be far fewer
		case flags > flagExisted || s.last == 0:
			r.fail(fmt.Sprintf("the session of client %d cannot be: last command %d, flags %d", client, s.last, flags))
		case i > 0 && client <= previous:
			r.fail("its sessions are not in order")
		}
		sessions[client], previous = s, client
	}
	return sessions
}

func (r *reader) pairs() map[string]string {
	content := map[string]string{}
	previous := ""
	for i := range r.uvarint() {
		key := string(r.take(r.uvarint()))
		value := string(r.take(r.uvarint()))
		switch {
		case r.bad != "":
			return nil
		case i > 0 && key <= previous:
			r.fail("its keys are not in order")
		}
		content[key], previous = value, key
	}
	return content
}

func (r *reader) uvarint() uint64 {
	x, n := binary.Uvarint(r.rest)
	if n <= 0 {
		r.fail("it ends too early")
		return 0
	}
	r.rest = r.rest[n:]
	return x
}

// take returns the next n bytes. If there are fewer, it fails and returns at most eight zeros.
func (r *reader) take(n uint64) []byte {
	if n > uint64(len(r.rest)) {
		r.fail("it ends too early")
		return make([]byte, min(n, 8))
	}
	taken := r.rest[:n]
	r.rest = r.rest[n:]
	return taken
}
