package intake

import (
	"io"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// bundle is what is taken of a submission as it is unpacked: its Go files and go.mod files, in memory. Nothing else is
// read, and nothing is written until it is known what goes where.
type bundle struct {
	limits  Limits
	files   map[string][]byte // by path from the submission's root, with slashes
	names   map[string]name   // files and folders of files, by what file systems may take for one name
	objects []string          // what a linker would take along unseen: assembly, object files
	nested  []string          // archives inside
	links   []string          // left out
	entries int               // all that it holds
	counted int               // files that are not junk
	sources int64             // bytes of files
	total   int64             // bytes of all
}

type name struct {
	path string
	dir  bool
}

func newBundle(l Limits) *bundle {
	return &bundle{limits: l, files: map[string][]byte{}, names: map[string]name{}}
}

// kind is what an entry of a submission is.
type kind int

const (
	regular kind = iota
	folder
	link
	other // a device, a socket
)

// mostEntries is how many entries of any kind are looked at for each file that a submission may have.
const mostEntries = 50

// admit says whether an entry of the given size is to be read, and as what path. The error is a *Refusal.
func (b *bundle) admit(entry string, k kind, size int64) (as string, wanted bool, err error) {
	if b.entries++; b.entries > mostEntries*b.limits.Files {
		return "", false, notAccepted("", "holds more than %d entries", mostEntries*b.limits.Files)
	}
	if why := misnamed(entry); why != "" {
		return "", false, notAccepted(shown(entry), "%s", why)
	}
	as = path.Clean(entry)
	if k == folder {
		return as, false, nil
	}
	for element := range strings.SplitSeq(as, "/") {
		if isJunk(element) {
			return as, false, nil
		}
	}
	if size < 0 || size > b.limits.Total-b.total {
		return "", false, notAccepted("", "unpacks to more than %d bytes", b.limits.Total)
	}
	if b.counted++; b.counted > b.limits.Files {
		return "", false, notAccepted("", "holds more than %d files: leave out what is no source", b.limits.Files)
	}
	base := path.Base(as)
	wanted = isGo(base) || base == "go.mod"
	switch {
	case k == other:
		return "", false, notAccepted(shown(as), "is a device or a socket")
	case k == link && (wanted || isLab(base)):
		return "", false, notAccepted(shown(as), "is a link: hand in the files themselves")
	case k == link:
		b.links = append(b.links, as)
		return as, false, nil
	}
	b.total += size
	switch ext := strings.ToLower(path.Ext(base)); {
	case wanted:
		return as, true, b.claim(as, size)
	case ext == ".s" || ext == ".syso":
		b.objects = append(b.objects, as)
	case isArchive(base):
		b.nested = append(b.nested, as)
	}
	return as, false, nil
}

// claim takes the name of a file that will be read, and of the folders that it is in.
func (b *bundle) claim(as string, size int64) error {
	if size > b.limits.File {
		return notAccepted(shown(as), "is larger than %d bytes", b.limits.File)
	}
	if size > b.limits.Sources-b.sources {
		return notAccepted("", "holds more than %d bytes of Go files", b.limits.Sources)
	}
	if known, taken := b.names[fold(as)]; taken {
		if known.path == as && !known.dir {
			return notAccepted(shown(as), "is there twice")
		}
		return notAccepted(shown(as), "has the name of %s where case and accents do not count", shown(known.path))
	}
	b.names[fold(as)] = name{as, false}
	for dir := path.Dir(as); dir != "."; dir = path.Dir(dir) {
		known, taken := b.names[fold(dir)]
		switch {
		case taken && known.dir && known.path == dir:
			return nil // and so are all above it
		case taken:
			return notAccepted(shown(as), "is in a folder with the name of %s where case and accents do not count",
				shown(known.path))
		}
		b.names[fold(dir)] = name{dir, true}
	}
	return nil
}

// read takes the content of an admitted file. Errors of r are returned as they are.
func (b *bundle) read(as string, r io.Reader) error {
	text, err := io.ReadAll(io.LimitReader(r, b.limits.File+1))
	if err != nil {
		return err
	}
	b.sources += int64(len(text))
	switch {
	case int64(len(text)) > b.limits.File:
		return notAccepted(shown(as), "is larger than %d bytes", b.limits.File)
	case b.sources > b.limits.Sources:
		return notAccepted("", "holds more than %d bytes of Go files", b.limits.Sources)
	}
	b.files[as] = text
	return nil
}

// inflated checks how much the archive has grown so far.
func (b *bundle) inflated(packed, unpacked int64) error {
	const slack = 1 << 20 // a small file of zeros is no bomb
	switch {
	case unpacked > b.limits.Total:
		return notAccepted("", "unpacks to more than %d bytes", b.limits.Total)
	case unpacked > slack && unpacked/b.limits.Ratio > packed:
		return notAccepted("", "unpacks to more than %d times its size", b.limits.Ratio)
	}
	return nil
}

// leads checks where a link in an archive, which is left out, leads from dir: who packs one that leads elsewhere
// means no good.
func (b *bundle) leads(as, dir, target string) error {
	if !slices.Contains(b.links, as) {
		return nil // junk
	}
	if path.IsAbs(target) || strings.ContainsAny(target, `\:`) || !filepath.IsLocal(path.Join(dir, target)) {
		return notAccepted(shown(as), "is a link that leads out of the submission")
	}
	return nil
}

// longestName is that of a path, in bytes.
const longestName = 1024

// misnamed says why an entry cannot have this name, "" if it can.
func misnamed(entry string) string {
	switch {
	case entry == "" || len(entry) > longestName:
		return "has a name that is empty or too long"
	case strings.Contains(entry, `\`):
		return `has a backslash in its name: pack it with "/" between folders`
	case strings.HasPrefix(entry, "/"):
		return "has a path that is not inside the submission"
	case len(entry) > 1 && entry[1] == ':' && unicode.IsLetter(rune(entry[0])):
		return "has a path with a drive letter"
	case strings.ContainsFunc(entry, unicode.IsControl):
		return "has control characters in its name"
	}
	for element := range strings.SplitSeq(entry, "/") {
		if element == ".." {
			return "has a path that leads out of the submission"
		}
	}
	if isGo(entry) && !utf8.ValidString(path.Base(entry)) {
		return "has a name that is not UTF-8"
	}
	return ""
}

// shown is a path fit to be printed.
func shown(path string) string {
	if utf8.ValidString(path) && !strings.ContainsFunc(path, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return path
	}
	return strconv.Quote(path)
}

// isLab says whether a link of that name could stand for a folder of sources.
func isLab(base string) bool {
	return base == "src" || strings.HasPrefix(base, "raft") || strings.HasPrefix(base, "kvraft") ||
		strings.HasPrefix(base, "6.")
}

// withDefaults fills in what is zero.
func (l Limits) withDefaults() Limits {
	set := func(n *int64, to int64) {
		if *n == 0 {
			*n = to
		}
	}
	if l.Files == 0 {
		l.Files = 2000
	}
	set(&l.File, 4<<20)
	set(&l.Sources, 16<<20)
	set(&l.Archive, 64<<20)
	set(&l.Total, 512<<20)
	set(&l.Ratio, 200)
	return l
}
