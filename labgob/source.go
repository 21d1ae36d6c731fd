package labgob

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// source cuts a stream into messages. It never takes a byte beyond the message asked for, if the
// reader can be read byte by byte; others are buffered, as gob does.
type source struct {
	data  []byte        // the stream, if neither of the next two is set
	buf   *bytes.Buffer // read in place
	r     byteReader
	space []byte // holds the message read from r
}

type byteReader interface {
	io.Reader
	io.ByteReader
}

func newSource(r io.Reader) source {
	switch r := r.(type) {
	case *bytes.Buffer:
		return source{buf: r}
	case byteReader:
		return source{r: r}
	}
	return source{r: bufio.NewReader(r)}
}

var errLength = errors.New("impossible message length")

// next returns the content of the next message, which is valid until the call after and, with a
// bytes.Buffer, until that is written to. It returns io.EOF if no byte is left, and
// io.ErrUnexpectedEOF if too few are.
func (s *source) next() ([]byte, error) {
	switch {
	case s.r != nil:
		return s.read()
	case s.buf != nil:
		msg, n, err := cut(s.buf.Bytes())
		s.buf.Next(n)
		return msg, err
	default:
		msg, n, err := cut(s.data)
		s.data = s.data[n:]
		return msg, err
	}
}

// cut returns the content of the message at the head of data, and how many bytes of data that
// used up.
func cut(data []byte) (msg []byte, used int, err error) {
	if len(data) == 0 {
		return nil, 0, io.EOF
	}
	d := decodeState{data: data}
	n, err := d.uint()
	switch {
	case errors.Is(err, errNumber):
		return nil, 1, errLength
	case err != nil:
		return nil, len(data), io.ErrUnexpectedEOF
	case n >= maxMessage:
		return nil, d.off, errLength
	case n > uint64(len(data)-d.off):
		return nil, len(data), io.ErrUnexpectedEOF
	}
	end := d.off + int(n)
	return data[d.off:end], end, nil
}

// read is next for a reader. Memory grows with what has arrived, not with what was announced.
func (s *source) read() ([]byte, error) {
	n, err := readUint(s.r)
	if err != nil {
		return nil, err
	}
	if n >= maxMessage {
		return nil, errLength
	}
	if cap(s.space) > maxKeep {
		s.space = nil
	}
	const chunk = 64 << 10
	msg := s.space[:0]
	for len(msg) < int(n) {
		have := len(msg)
		more := min(int(n)-have, max(chunk, have, cap(msg)-have))
		if cap(msg)-have < more {
			msg = append(make([]byte, 0, have+more), msg...)
		}
		msg = msg[:have+more]
		if _, err := io.ReadFull(s.r, msg[have:]); err != nil {
			return nil, unexpected(err)
		}
	}
	s.space = msg
	return msg, nil
}

// readUint reads an unsigned number; io.EOF means that there was not one byte.
func readUint(r byteReader) (uint64, error) {
	b, err := r.ReadByte()
	if err != nil || b < 0x80 {
		return uint64(b), err
	}
	n := -int(int8(b))
	if n > 8 {
		return 0, errLength
	}
	var x uint64
	for range n {
		b, err := r.ReadByte()
		if err != nil {
			return 0, unexpected(err)
		}
		x = x<<8 | uint64(b)
	}
	return x, nil
}

func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
