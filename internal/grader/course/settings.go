package course

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"raftlab/internal/sim/campaign"
)

// keys are those of a part or a test.
func (s *settings) keys(r *reader) keys {
	return keys{
		{"points", func(n ast.Node, path string) {
			text, ok := r.scalar(n, path)
			if !ok {
				return
			}
			points, err := parsePoints(text)
			if err != nil {
				r.complain(n, "%s: %v", path, err)
				return
			}
			s.points = &said[Points]{points, n, path}
		}},
		{"rule", s.readRule(r)},
		{"visibility", s.readVisibility(r)},
		{"seeds", func(n ast.Node, path string) { r.mapping(n, path, s.seedKeys(r)) }},
		{"skip", func(n ast.Node, path string) { s.skip = &said[bool]{r.truth(n, path), n, path} }},
	}
}

func (s *settings) readRule(r *reader) func(ast.Node, string) {
	return func(n ast.Node, path string) {
		text, ok := r.scalar(n, path)
		if !ok {
			return
		}
		rule, err := parseRule(text)
		if err != nil {
			r.complain(n, "%v", err)
			return
		}
		s.rule = &said[Rule]{rule, n, path}
	}
}

func (s *settings) readVisibility(r *reader) func(ast.Node, string) {
	return func(n ast.Node, path string) {
		text, ok := r.scalar(n, path)
		if !ok {
			return
		}
		if !slices.Contains(visibilities, text) {
			r.complain(n, "%s %q: want one of %s", path, text, strings.Join(visibilities, ", "))
			return
		}
		s.visibility = &said[string]{text, n, path}
	}
}

// seedKeys are those below seeds that all, a part and a test have in common.
func (s *settings) seedKeys(r *reader) keys {
	return keys{
		{"public", func(n ast.Node, path string) {
			text, ok := r.scalar(n, path)
			if !ok {
				return
			}
			seeds := campaign.Seeds{First: 1}
			var err error
			if text != "0" {
				seeds, err = campaign.ParseSeeds(text)
			}
			if err != nil {
				r.complain(n, "%s: %v", path, err)
				return
			}
			s.public = &said[campaign.Seeds]{seeds, n, path}
		}},
		{"hidden", func(n ast.Node, path string) {
			text, ok := r.scalar(n, path)
			if !ok {
				return
			}
			count, err := strconv.Atoi(text)
			if err != nil || count < 0 || count > campaign.MaxSeeds {
				r.complain(n, "%s: %q: want how many, 0 to %d", path, text, campaign.MaxSeeds)
				return
			}
			s.hidden = &said[int]{count, n, path}
		}},
	}
}

func (f *file) readLimits(r *reader) func(ast.Node, string) {
	const kib, mib, gib = 1 << 10, 1 << 20, 1 << 30
	size := func(least, most int64, set func(int64)) func(ast.Node, string) {
		return func(n ast.Node, path string) {
			text, ok := r.scalar(n, path)
			if !ok {
				return
			}
			bytes, ok := parseSize(text)
			if !ok || bytes < least || bytes > most {
				r.complain(n, "%s %q: want a size from %s to %s, such as 64MiB", path, text, sizeText(least), sizeText(most))
				return
			}
			set(bytes)
		}
	}
	duration := func(least, most time.Duration, into *time.Duration) func(ast.Node, string) {
		return func(n ast.Node, path string) {
			text, ok := r.scalar(n, path)
			if !ok {
				return
			}
			d, err := time.ParseDuration(text)
			if err != nil || d < least || d > most {
				r.complain(n, "%s %q: want a time from %v to %v, such as 30s", path, text, least, most)
				return
			}
			*into = d
		}
	}
	return func(n ast.Node, path string) {
		r.mapping(n, path, keys{
			{"memory", size(32*mib, 4*gib, func(b int64) { f.limits.Peer.Memory = uint64(b) })},
			{"output", size(kib, gib, func(b int64) { f.limits.Peer.Output = b })},
			{"cpu", duration(time.Second, time.Hour, &f.limits.Peer.CPU)},
			{"run", duration(time.Second, 24*time.Hour, &f.limits.Run)},
		})
	}
}

// sizeUnits are powers of two, with and without the letter that says so.
var sizeUnits = []struct {
	name  string
	bytes int64
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"B", 1}}

// parseSize reads a number of bytes with a unit.
func parseSize(text string) (int64, bool) {
	for _, u := range sizeUnits {
		if number, has := strings.CutSuffix(text, u.name); has {
			n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 64)
			return n * u.bytes, err == nil && n >= 0 && n <= 1<<62/u.bytes
		}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil
}

func sizeText(bytes int64) string {
	for _, u := range sizeUnits {
		if bytes%u.bytes == 0 {
			return strconv.FormatInt(bytes/u.bytes, 10) + u.name
		}
	}
	return strconv.FormatInt(bytes, 10)
}
