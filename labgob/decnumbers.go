package labgob

import (
	"math"
	"math/bits"
)

// text returns b as a string: the same one as before if it is short and came lately, as keys,
// names of operations and small values do.
func (d *decodeState) text(b []byte) string {
	n := len(b)
	if n == 0 || n > 24 {
		return string(b)
	}
	recent := &d.texts[(7*uint(n)+uint(b[0])+31*uint(b[n-1]))%uint(len(d.texts))]
	if *recent != string(b) {
		*recent = string(b)
	}
	return *recent
}

func (d *decodeState) uint() (uint64, error) {
	if d.off < len(d.data) && d.data[d.off] < 0x80 {
		d.off++
		return uint64(d.data[d.off-1]), nil
	}
	return d.longUint()
}

//go:noinline
func (d *decodeState) longUint() (uint64, error) {
	if d.off == len(d.data) {
		return 0, errCut
	}
	n := -int(int8(d.data[d.off]))
	if n > 8 {
		return 0, errNumber
	}
	if n >= len(d.data)-d.off {
		return 0, errCut
	}
	var x uint64
	for _, b := range d.data[d.off+1 : d.off+1+n] {
		x = x<<8 | uint64(b)
	}
	d.off += 1 + n
	return x, nil
}

func (d *decodeState) int() (int64, error) {
	x, err := d.uint()
	return int64(x>>1) ^ -int64(x&1), err
}

func (d *decodeState) float() (float64, error) {
	x, err := d.uint()
	return math.Float64frombits(bits.ReverseBytes64(x)), err
}

// bytes reads a count and that many bytes, which it returns in place.
func (d *decodeState) bytes() ([]byte, error) {
	n, err := d.uint()
	if err != nil {
		return nil, err
	}
	if n > uint64(len(d.data)-d.off) {
		return nil, errCut
	}
	b := d.data[d.off : d.off+int(n)]
	d.off += int(n)
	return b, nil
}
