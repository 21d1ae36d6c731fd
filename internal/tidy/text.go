package tidy

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// The words below are put together from halves, or this file would break its own rules.
var (
	leftover = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X)\b`)

	machineWords = []struct {
		what    string
		pattern *regexp.Regexp
	}{
		{"a path of one machine", regexp.MustCompile(
			`(^|[^\w.$}/])(/(ro` + `ot|wo` + `rk|ho` + `me/\w+|Us` + `ers/\w+)/|[A-Z]:\\` + `Users)`)},
		{"a registry's host name", regexp.MustCompile(`\b(proxy\.go` + `lang\.org|sum\.go` + `lang\.org|gopro` +
			`xy\.\w+|registry\.np` + `mjs\.org|py` + `pi\.org|crates\.` + `io|\w*artifac` + `tory\w*\.\w+|` +
			`\w+\.jf` + `rog\.\w+|deb\.deb` + `ian\.org|docker\.` + `io)\b`)},
	}
)

// matches returns a finding for each line of a text file outside testdata that pattern matches.
func matches(r *Repo, pattern *regexp.Regexp, what string) []Finding {
	var found []Finding
	for _, f := range r.Files {
		if inTestdata(f.Path) || strings.ContainsRune(f.Text, 0) {
			continue
		}
		for i, line := range strings.Split(f.Text, "\n") {
			if word := pattern.FindString(line); word != "" {
				found = append(found, Finding{f.Path, i + 1, fmt.Sprintf("%q: %s", strings.TrimSpace(word), what)})
			}
		}
	}
	return found
}

func noLeftovers(r *Repo) []Finding {
	return matches(r, leftover, "do it now, or open an issue")
}

func noMachineWords(r *Repo) []Finding {
	var found []Finding
	for _, w := range machineWords {
		found = append(found, matches(r, w.pattern, w.what+" means nothing to others")...)
	}
	return found
}

var (
	link    = regexp.MustCompile(`!?\[[^\]]*\]\(([^()\s]+)(?:\s+"[^"]*")?\)`)
	heading = regexp.MustCompile(`^#{1,6}\s+(.*?)\s*#*$`)
	scheme  = regexp.MustCompile(`^[a-z][a-z0-9+.-]*:`)
)

func linksResolve(r *Repo) []Finding {
	var found []Finding
	for _, f := range r.Files {
		if !strings.HasSuffix(f.Path, ".md") || inTestdata(f.Path) {
			continue
		}
		for i, line := range prose(f.Text) {
			for _, m := range link.FindAllStringSubmatch(line, -1) {
				if why := r.broken(f, m[1]); why != "" {
					found = append(found, Finding{f.Path, i + 1, fmt.Sprintf("link to %s: %s", m[1], why)})
				}
			}
		}
	}
	return found
}

// prose returns the lines of a Markdown text, those in fenced blocks emptied.
func prose(text string) []string {
	lines := strings.Split(text, "\n")
	fenced := false
	for i, line := range lines {
		fence := strings.HasPrefix(strings.TrimSpace(line), "```")
		if fenced || fence {
			lines[i] = ""
		}
		fenced = fenced != fence
	}
	return lines
}

// broken says why a link in f leads nowhere in the repository; "" when it does, or leads outside.
func (r *Repo) broken(f *File, target string) string {
	if scheme.MatchString(target) {
		return ""
	}
	file, anchor, _ := strings.Cut(target, "#")
	name := f.Path
	if file != "" {
		name = path.Join(f.Dir(), file)
	}
	text, isFile := r.Text(name)
	isDir := slices.ContainsFunc(r.Files, func(f *File) bool { return below(f.Path, name) || name == "." })
	switch {
	case !isFile && !isDir:
		return "there is no " + name
	case anchor != "" && strings.HasSuffix(name, ".md") && !slices.Contains(anchors(text), anchor):
		return "there is no heading #" + anchor + " in " + name
	}
	return ""
}

// anchors returns the names under which the headings of a Markdown text can be linked to.
func anchors(text string) []string {
	var names []string
	for _, line := range prose(text) {
		if m := heading.FindStringSubmatch(line); m != nil {
			names = append(names, anchorOf(m[1]))
		}
	}
	return names
}

// anchorOf is the usual name of a heading: lower case, blanks as hyphens, no other signs.
func anchorOf(heading string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c == ' ':
			return '-'
		case c == '-' || c == '_' || unicode.IsLetter(c) || unicode.IsDigit(c):
			return unicode.ToLower(c)
		}
		return -1
	}, heading)
}

var braces = regexp.MustCompile(`([\w./-]*)\{([\w,/ -]+)\}`)

func mapped(r *Repo) []Finding {
	var both strings.Builder
	for _, name := range []string{"README.md", "docs/ARCHITECTURE.md"} {
		text, _ := r.Text(name)
		both.WriteString(text + "\n")
	}
	text := braces.ReplaceAllStringFunc(both.String(), func(group string) string {
		m := braces.FindStringSubmatch(group)
		var names []string
		for name := range strings.SplitSeq(m[2], ",") {
			names = append(names, m[1]+strings.TrimSpace(name))
		}
		return strings.Join(names, " ")
	})
	var found []Finding
	packages := r.Packages()
	for dir, files := range packages {
		place := dir
		switch {
		case below(dir, "bench"):
			place = "bench" // the map names the nested module as one
		case files[0].AST.Name.Name == "main" && packages[path.Dir(dir)] != nil:
			place = path.Dir(dir) // the front of that library
		}
		end := "/?" // of a name that can be nothing but a folder
		if !strings.Contains(place, "/") {
			end = "[/`]"
		}
		named := regexp.MustCompile(`(^|[^\w./-])` + regexp.QuoteMeta(place) + end + `($|[^\w/-])`)
		if !named.MatchString(text) {
			found = append(found, Finding{Path: place, What: "is in the map of neither README.md nor docs/ARCHITECTURE.md: " +
				"write a line on what it is for"})
		}
	}
	slices.SortFunc(found, func(a, b Finding) int { return strings.Compare(a.Path, b.Path) })
	return slices.Compact(found)
}
