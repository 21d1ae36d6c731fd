package course

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// leastSecret is how many characters a secret must have not to be guessed.
const leastSecret = 16

// Seed returns the i-th seed of a test, from 0: public ones first, then hidden ones. A hidden one follows from the
// course's secret, its title, the test and i, and from nothing else. It must not be printed.
func (c Course) Seed(t Test, i int) uint64 {
	public := t.Seeds.Public
	if i < public.Count {
		return public.At(i)
	}
	for round := 0; ; round++ {
		mac := hmac.New(sha256.New, c.secret)
		fmt.Fprintf(mac, "%q %q %d %d", c.Title, t.Scenario.Name, i-public.Count, round)
		seed := binary.BigEndian.Uint64(mac.Sum(nil))
		if seed-public.First >= uint64(public.Count) { // else it is one that everybody knows
			return seed
		}
	}
}
