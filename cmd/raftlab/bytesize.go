package main

import (
	"fmt"
	"strconv"
	"strings"
)

// byteSize is a flag's number of bytes, with a unit: 1048576, 512MiB, 2GB.
type byteSize int64

// byteUnits has the longer names first: each ends in a shorter one.
var byteUnits = []struct {
	name  string
	bytes int64
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40},
	{"kB", 1e3}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"B", 1}}

// Set implements pflag.Value.
func (b *byteSize) Set(text string) error {
	number, unit := strings.TrimSpace(text), int64(1)
	for _, u := range byteUnits {
		if rest, ok := strings.CutSuffix(number, u.name); ok {
			number, unit = strings.TrimSpace(rest), u.bytes
			break
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 || n > (1<<62)/unit {
		return fmt.Errorf("not a size: want a number of bytes, or one with a unit, such as 512MiB or 2GB")
	}
	*b = byteSize(n * unit)
	return nil
}

// String implements pflag.Value.
func (b *byteSize) String() string {
	for _, u := range []string{"TiB", "GiB", "MiB", "KiB"} {
		for _, unit := range byteUnits {
			if unit.name == u && *b > 0 && int64(*b)%unit.bytes == 0 {
				return fmt.Sprintf("%d%s", int64(*b)/unit.bytes, u)
			}
		}
	}
	return strconv.FormatInt(int64(*b), 10)
}

// Type implements pflag.Value; it stands in the help.
func (b *byteSize) Type() string { return "size" }
