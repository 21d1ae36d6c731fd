// Package disk turns what Raft must keep into the bytes that a disk keeps, and back.
//
// The lab's disk takes a peer's whole state at every save, and to encode the whole log afresh would make a
// save cost as much as the log is long. An Image is that state as bytes, kept up to date save by save.
package disk

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"raftlab/raft/core"
)

// Image is the saved state of one peer:
//
//	checksum   4 bytes, little endian: CRC-32C of the entries and then of what is between here and there
//	magic      4 bytes, "rft1"
//	term, vote, snapshot's index, snapshot's term, number of entries    uvarints
//	entries    each: term, length of data + 1 (0: nil data), both uvarints; data
//
// The snapshot's data is on the disk beside it. The checksum begins with the entries because most saves add to them:
// it goes on from where it stood.
type Image struct {
	durable core.Durable // but for its entries
	first   core.Index   // index of the first entry in body
	ends    []int        // ends[i] is where entry first+i ends in body
	sums    []uint32     // sums[i] is the checksum of the body up to there
	body    []byte
}

const (
	imageMagic = "rft1"
	imageHead  = 4 + len(imageMagic) // bytes before the first varint
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// New returns the image of d. It keeps d's snapshot and copies its entries.
func New(d core.Durable) *Image {
	image := &Image{durable: d, first: d.Snapshot.Index + 1}
	image.durable.Entries = nil
	image.append(d.Entries)
	return image
}

// Save carries out s on the image.
func (im *Image) Save(s core.Save) {
	if s.Ballot {
		im.durable.Term, im.durable.Vote = s.Term, s.Vote
	}
	if s.Snapshot != nil {
		im.compact(*s.Snapshot)
	}
	if s.First != 0 {
		im.truncate(s.First)
		im.append(s.Entries)
	}
}

// compact makes s the snapshot and drops the entries that it stands for.
func (im *Image) compact(s core.Snapshot) {
	im.durable.Snapshot = s
	gone := min(int(s.Index+1-im.first), len(im.ends))
	im.first = s.Index + 1
	if gone == 0 {
		return
	}
	cut := im.ends[gone-1]
	im.body = append([]byte(nil), im.body[cut:]...)
	ends := im.ends[gone:]
	im.ends, im.sums = make([]int, 0, len(ends)), make([]uint32, 0, len(ends))
	for _, end := range ends {
		im.close(end - cut)
	}
}

// close says that an entry, the next after those that are closed, ends there in the body.
func (im *Image) close(end int) {
	begin, sum := 0, uint32(0)
	if last := len(im.ends) - 1; last >= 0 {
		begin, sum = im.ends[last], im.sums[last]
	}
	im.ends = append(im.ends, end)
	im.sums = append(im.sums, crc32.Update(sum, castagnoli, im.body[begin:end]))
}

// truncate drops the entries from index on.
func (im *Image) truncate(index core.Index) {
	keep := int(index - im.first)
	if keep >= len(im.ends) {
		return
	}
	im.ends, im.sums = im.ends[:keep], im.sums[:keep]
	end := 0
	if keep > 0 {
		end = im.ends[keep-1]
	}
	im.body = im.body[:end]
}

func (im *Image) append(entries []core.Entry) {
	for _, e := range entries {
		im.body = binary.AppendUvarint(im.body, uint64(e.Term))
		if e.Data == nil {
			im.body = append(im.body, 0)
		} else {
			im.body = binary.AppendUvarint(im.body, uint64(len(e.Data))+1)
			im.body = append(im.body, e.Data...)
		}
		im.close(len(im.body))
	}
}

// Bytes returns the image, in a slice that the caller owns.
func (im *Image) Bytes() []byte {
	raw := make([]byte, imageHead, imageHead+5*binary.MaxVarintLen64+len(im.body))
	copy(raw[4:], imageMagic)
	d := &im.durable
	for _, x := range [...]uint64{uint64(d.Term), uint64(d.Vote), uint64(d.Snapshot.Index),
		uint64(d.Snapshot.Term), uint64(len(im.ends))} {
		raw = binary.AppendUvarint(raw, x)
	}
	sum := uint32(0)
	if last := len(im.sums) - 1; last >= 0 {
		sum = im.sums[last]
	}
	binary.LittleEndian.PutUint32(raw, crc32.Update(sum, castagnoli, raw[4:]))
	return append(raw, im.body...)
}

// checksum returns the checksum that an image with these bytes ought to have. Where numbers are cut there is no entry.
func checksum(raw []byte) uint32 {
	r := imageReader{rest: raw[imageHead:]}
	for range 5 {
		r.uvarint()
	}
	entries := len(raw) - len(r.rest)
	return crc32.Update(crc32.Checksum(raw[entries:], castagnoli), castagnoli, raw[4:entries])
}

// Read returns the state that raw is the image of; snapshot is what the disk has beside it. No bytes at all
// are a new peer's. Bytes that are cut, changed or of another origin are an error that says what is wrong;
// whether the state makes sense is for core.New to say. Entries share raw's memory.
func Read(raw, snapshot []byte) (core.Durable, error) {
	if len(raw) == 0 {
		if len(snapshot) > 0 {
			return core.Durable{}, errors.New("there is a snapshot but no state")
		}
		return core.Durable{}, nil
	}
	if len(raw) < imageHead || string(raw[4:imageHead]) != imageMagic {
		return core.Durable{}, fmt.Errorf("these %d bytes were not saved by this package", len(raw))
	}
	if want, got := binary.LittleEndian.Uint32(raw), checksum(raw); want != got {
		return core.Durable{}, fmt.Errorf("the checksum is %08x, but that of the content is %08x", want, got)
	}
	r := imageReader{rest: raw[imageHead:]}
	var d core.Durable
	d.Term, d.Vote = core.Term(r.uvarint()), core.NodeID(r.uvarint())
	d.Snapshot.Index, d.Snapshot.Term = core.Index(r.uvarint()), core.Term(r.uvarint())
	if d.Snapshot.Index > 0 {
		d.Snapshot.Data = snapshot
	}
	n := r.uvarint()
	for range min(n, uint64(len(r.rest))) { // an entry takes more than a byte: no count is believed blindly
		d.Entries = append(d.Entries, core.Entry{Term: core.Term(r.uvarint()), Data: r.data()})
	}
	if r.cut || len(r.rest) > 0 || uint64(len(d.Entries)) != n {
		return core.Durable{}, fmt.Errorf("it says %d entries, but its %d bytes do not hold just those",
			n, len(raw))
	}
	return d, nil
}

// imageReader takes values off the front of rest; cut says that there was not enough.
type imageReader struct {
	rest []byte
	cut  bool
}

func (r *imageReader) uvarint() uint64 {
	x, n := binary.Uvarint(r.rest)
	if n <= 0 {
		r.rest, r.cut = nil, true
		return 0
	}
	r.rest = r.rest[n:]
	return x
}

func (r *imageReader) data() []byte {
	n := r.uvarint()
	if n == 0 {
		return nil
	}
	if n-1 > uint64(len(r.rest)) {
		r.rest, r.cut = nil, true
		return nil
	}
	data := r.rest[: n-1 : n-1]
	r.rest = r.rest[n-1:]
	return data
}
