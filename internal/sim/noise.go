package sim

import (
	"errors"
	"fmt"
)

// Go's runtime seeds its random number generator once, when a program starts, and an image is a program that
// has started. So that lives which begin with one image differ all the same, the generator's state is found in the
// image and replaced. Two images whose only difference is the seed show where it is: the runtime's own struct of
// it (internal/chacha8rand.State) begins with 288 bytes that are random, and only random: 256 of
// output and 32 of seed. No other value of them is less valid than another.
const (
	chachaRandom = 288
	chachaWhole  = 304 // with its counters and padding; after it in the runtime's m is cheaprand
	cheapSize    = 8
)

var errNoise = errors.New("sim: the state of Go's random number generator was not found in the program: " +
	"this release of the simulator does not know this release of Go")

// findNoise finds the random state in all images of the program.
func (p *Program) findNoise() error {
	a, err := p.makeImage(mix(1))
	if err != nil {
		return err
	}
	b, err := p.makeImage(mix(2))
	if err != nil {
		return err
	}
	if a.size != b.size {
		return fmt.Errorf("%w (images of %d and %d bytes)", errNoise, a.size, b.size)
	}
	p.noise = differences(a.flat(), b.flat())
	if len(p.noise) == 0 {
		return errNoise
	}
	return nil
}

// differences returns the spans where a and b differ as two random states do.
func differences(a, b []byte) []span {
	const gap = 8 // bytes that happen to be equal, at most
	var noise []span
	for at := 0; at < len(a); {
		if a[at] == b[at] {
			at++
			continue
		}
		from, to := at, at+1
		for next := to; next < len(a) && next < to+gap; next++ {
			if a[next] != b[next] {
				to = next + 1
			}
		}
		at = to
		from &^= 7
		if to = (to + 7) &^ 7; to-from != chachaRandom {
			continue
		}
		noise = append(noise, span{uint64(from), chachaRandom})
		if cheap := from + chachaWhole; string(a[cheap:cheap+cheapSize]) != string(b[cheap:cheap+cheapSize]) {
			noise = append(noise, span{uint64(cheap), cheapSize})
		}
	}
	return noise
}

// flat returns all of the image's memory.
func (i *Image) flat() []byte {
	buf := make([]byte, i.size)
	for _, r := range i.runs {
		copy(buf[r.at:], r.data)
	}
	return buf
}
