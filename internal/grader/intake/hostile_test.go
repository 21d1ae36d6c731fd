package intake

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"raftlab/internal/grader/results"
)

// entry is one of an archive made for a test.
type entry struct {
	name, text string
	link       string      // where it leads, if it is a link
	mode       fs.FileMode // of a zip
	kind       byte        // of a tar
}

func zipOf(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		h.SetMode(0o644 | e.mode)
		if e.link != "" {
			h.SetMode(0o777 | fs.ModeSymlink)
			e.text = e.link
		}
		w, err := z.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(e.text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func tgzOf(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	w := tar.NewWriter(z)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Mode: 0o644, Size: int64(len(e.text)), Typeflag: tar.TypeReg, Linkname: e.link}
		if e.link != "" {
			h.Typeflag = tar.TypeSymlink
		}
		if e.kind != 0 {
			h.Typeflag = e.kind
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(e.text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

var good = entry{name: "raft/raft.go", text: expanded("@old\n")}

// many are so many files beside a good one.
func many(n int) []entry {
	entries := []entry{good}
	for i := range n {
		entries = append(entries, entry{name: "logs/" + strconv.Itoa(i)})
	}
	return entries
}

// attempt is an archive with what is said of it, "" if it is taken.
type attempt struct {
	archive []byte
	want    string
}

// zeros are what an archive packs best.
var zeros = strings.Repeat("\x00", 4<<20)

// hostile are archives of which nearly all are refused.
func hostile(t testing.TB) map[string]attempt {
	all := hostileTars(t)
	maps.Copy(all, hostileZips(t))
	return all
}

func hostileZips(t testing.TB) map[string]attempt {
	whole := zipOf(t, good, entry{name: "x.txt", text: strings.Repeat("some words ", 1000)})
	return map[string]attempt{
		"zip, up":            {zipOf(t, good, entry{name: "../raft.go"}), "../raft.go: has a path that leads out"},
		"zip, up in between": {zipOf(t, good, entry{name: "raft/../../x.go"}), "leads out of the submission"},
		"zip, absolute": {zipOf(t, good, entry{name: "/etc/cron.d/x"}),
			"/etc/cron.d/x: has a path that is not inside"},
		"zip, drive":     {zipOf(t, good, entry{name: "C:/x.go"}), "drive letter"},
		"zip, backslash": {zipOf(t, good, entry{name: `raft\..\..\x.go`}), "backslash"},
		"zip, control":   {zipOf(t, good, entry{name: "raft/\x1b[2Jx.go"}), `"raft/\x1b[2Jx.go": has control characters`},
		"zip, newline":   {zipOf(t, good, entry{name: "a\n::notice::b"}), "control characters"},
		"zip, long name": {zipOf(t, good, entry{name: strings.Repeat("a/", 1000) + "x.go"}), "too long"},
		"zip, link": {zipOf(t, good, entry{name: "raft/more.go", link: "/etc/passwd"}),
			"raft/more.go: is a link"},
		"zip, linked folder": {zipOf(t, entry{name: "raft", link: "/work"}, good), "raft: is a link"},
		"zip, far link": {zipOf(t, good, entry{name: "notes", link: "../../secret"}),
			"notes: is a link that leads out"},
		"zip, device": {zipOf(t, good, entry{name: "raft/null", mode: fs.ModeDevice}),
			"raft/null: is a device"},
		"zip, twice": {zipOf(t, good, good), "raft/raft.go: is there twice"},
		"zip, case": {zipOf(t, good, entry{name: "raft/Raft.go"}),
			"raft/Raft.go: has the name of raft/raft.go"},
		"zip, case of folder": {zipOf(t, good, entry{name: "Raft/x.go"}),
			"Raft/x.go: is in a folder with the name of raft"},
		"zip, file as folder": {zipOf(t, good, entry{name: "raft/raft.go/x.go"}),
			"is in a folder with the name of raft/raft.go"},
		"zip, folder as file": {zipOf(t, entry{name: "raft/x.go/y.go"}, entry{name: "raft/x.go"}),
			"raft/x.go: has the name of raft/x.go"},
		"zip, accents": {zipOf(t, good, entry{name: "raft/\u00e9.go"}, entry{name: "raft/e\u0301.go"}),
			"has the name of raft/\u00e9.go"},
		"zip, not UTF-8": {zipOf(t, good, entry{name: "raft/\xff.go"}), "is not UTF-8"},
		"zip, bomb": {zipOf(t, good, entry{name: "x.bin", text: zeros}),
			"unpacks to more than 200 times its size"},
		"zip, bomb in Go": {zipOf(t, entry{name: "raft/raft.go", text: zeros}),
			"unpacks to more than 200 times its size"},
		"zip, enough files":   {zipOf(t, many(1999)...), ""},
		"zip, too many files": {zipOf(t, many(2000)...), "holds more than 2000 files"},
		"zip, many of junk": {zipOf(t, append(many(1990), entry{name: ".git/x"}, entry{name: "__MACOSX/._raft.go"})...),
			""},
		"zip, cut short":      {whole[:len(whole)-30], "it was cut short"},
		"zip, cut to nothing": {whole[:3], "is no zip or tar.gz archive"},
		"zip, lies of size":   {lying(t, whole), "archive that cannot be unpacked"},
		"zip, empty":          {zipOf(t), "holds no Go files: expected raft/raft.go"},
		"zip, a zip inside":   {zipOf(t, entry{name: "ann/lab.zip", text: "PK"}), "another archive, ann/lab.zip"},
	}
}

func hostileTars(t testing.TB) map[string]attempt {
	tgz := tgzOf(t, good, entry{name: "x.txt", text: zeros[:100000]})
	flipped := bytes.Clone(tgz)
	flipped[len(flipped)-6] ^= 1
	return map[string]attempt{
		"tgz, up":       {tgzOf(t, good, entry{name: "../raft.go"}), "leads out of the submission"},
		"tgz, absolute": {tgzOf(t, good, entry{name: "/etc/x"}), "not inside the submission"},
		"tgz, link": {tgzOf(t, good, entry{name: "raft/x.go", link: "../../secret.go"}),
			"raft/x.go: is a link"},
		"tgz, hard link": {tgzOf(t, good, entry{name: "raft/x.go", link: "/etc/passwd", kind: tar.TypeLink}),
			"raft/x.go: is a link"},
		"tgz, far link": {tgzOf(t, good, entry{name: "x", link: "/etc"}), "x: is a link that leads out"},
		"tgz, device":   {tgzOf(t, good, entry{name: "raft/null", kind: tar.TypeChar}), "is a device"},
		"tgz, pipe":     {tgzOf(t, good, entry{name: "raft/pipe.go", kind: tar.TypeFifo}), "is a device"},
		"tgz, twice":    {tgzOf(t, good, good), "is there twice"},
		"tgz, case": {tgzOf(t, good, entry{name: "RAFT/raft.go"}),
			"RAFT/raft.go: has the name of raft/raft.go"},
		"tgz, bomb": {tgzOf(t, good, entry{name: "x.bin", text: zeros}),
			"unpacks to more than 200 times its size"},
		"tgz, cut short": {tgz[:len(tgz)/2], "cut short"},
		"tgz, damaged":   {flipped, "cannot be unpacked: gzip: invalid checksum"},
		"gzip of a text": {gzipOf(t, []byte(strings.Repeat("no tar ", 200))),
			"is compressed, but no tar archive"},
		"a text":  {[]byte("package raft\n"), "is called .zip, but is no zip or tar.gz archive"},
		"nothing": {nil, "is empty"},
	}
}

func gzipOf(t testing.TB, text []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// lying is a zip whose table of contents says that its first file is smaller than it is.
func lying(t testing.TB, archive []byte) []byte {
	t.Helper()
	at := bytes.Index(archive, []byte("PK\x01\x02"))
	if at < 0 {
		t.Fatal("a zip without a table of contents")
	}
	archive = bytes.Clone(archive)
	const size = 24 // where the table has the size of a file
	archive[at+size]--
	return archive
}

func TestHostileArchives(t *testing.T) {
	all := hostile(t)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		row := all[name]
		dir := t.TempDir()
		at := filepath.Join(dir, "ann.zip")
		if err := os.WriteFile(at, row.archive, 0o666); err != nil {
			t.Fatal(err)
		}
		_, err := Stage(t.Context(), Source{"ann", at}, filepath.Join(dir, "staged"), Options{})
		if row.want == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		var refusal *Refusal
		if !errors.As(err, &refusal) || refusal.Status != results.NotAccepted ||
			!strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: got %v, want %q", name, err, row.want)
		}
		if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
			t.Errorf("%s: it left %v", name, entries)
		}
	}
}

func TestLimits(t *testing.T) {
	long := entry{name: "raft/x.go", text: "package raft\n" + strings.Repeat("// line\n", 300)}
	other := entry{name: "notes.txt", text: strings.Repeat("not so short ", 100)}
	for name, row := range map[string]struct {
		limits Limits
		want   string
	}{
		"files":   {Limits{Files: 2}, "holds more than 2 files"},
		"file":    {Limits{File: 1000}, "raft/x.go: is larger than 1000 bytes"},
		"sources": {Limits{Sources: 1000}, "more than 1000 bytes of Go files"},
		"archive": {Limits{Archive: 100}, "at most 100 are taken"},
		"total":   {Limits{Total: 3000}, "unpacks to more than 3000 bytes"},
		"none":    {Limits{}, ""},
	} {
		for kind, archive := range map[string][]byte{
			"zip": zipOf(t, good, long, other), "tgz": tgzOf(t, good, long, other)} {
			at := filepath.Join(t.TempDir(), "ann."+kind)
			if err := os.WriteFile(at, archive, 0o666); err != nil {
				t.Fatal(err)
			}
			_, err := unpack(t.Context(), at, row.limits)
			if row.want == "" && err == nil {
				continue
			}
			var refusal *Refusal
			if !errors.As(err, &refusal) || !strings.Contains(err.Error(), row.want) {
				t.Errorf("%s of a %s: got %v, want %q", name, kind, err, row.want)
			}
		}
	}
}

func TestHostileFolders(t *testing.T) {
	empty := func(name string) error { return os.WriteFile(name, nil, 0o666) }
	for name, row := range map[string]struct {
		file string
		make func(name string) error
		want string
	}{
		"link to a file": {"raft/more.go", func(name string) error { return os.Symlink("/etc/passwd", name) },
			"raft/more.go: is a link"},
		"link to a folder": {"kvraft", func(name string) error { return os.Symlink("/", name) }, "kvraft: is a link"},
		"case":             {"raft/RAFT.go", empty, "has the name of raft/RAFT.go"},
		"backslash":        {`..\x.go`, empty, "backslash"},
		"large": {"raft/raft.go", func(name string) error { return os.Truncate(name, 5<<20) },
			"raft/raft.go: is larger than 4194304 bytes"},
	} {
		dir := write(t, "", map[string]string{"raft/raft.go": good.text})
		if err := row.make(filepath.Join(dir, row.file)); err != nil {
			t.Logf("%s cannot be made here: %v", name, err)
			continue
		}
		_, err := Stage(t.Context(), Source{"ann", dir}, filepath.Join(t.TempDir(), "staged"), Options{})
		var refusal *Refusal
		if !errors.As(err, &refusal) || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: got %v, want %q", name, err, row.want)
		}
	}
}

// A teacher's link to a submission is the submission.
func TestLinkToASubmission(t *testing.T) {
	dir, batch := write(t, "", map[string]string{"raft/raft.go": good.text}), t.TempDir()
	if err := os.Symlink(dir, filepath.Join(batch, "ann")); err != nil {
		t.Fatal(err)
	}
	sources, err := Find([]string{batch})
	if err != nil || len(sources) != 1 || sources[0].Name != "ann" {
		t.Fatalf("found %v, %v", sources, err)
	}
	if s, err := Stage(t.Context(), sources[0], filepath.Join(t.TempDir(), "staged"), Options{}); err != nil || !s.Raft {
		t.Errorf("staged %+v, %v", s, err)
	}
}

// What is no fault of the submission's is not said to be one.
func TestInfrastructure(t *testing.T) {
	dir := write(t, "", map[string]string{"raft/raft.go": good.text, "full/x": ""})
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	var refusal *Refusal
	_, err := Stage(ended, Source{"ann", dir}, filepath.Join(dir, "a"), Options{})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that has ended: %v", err)
	}
	for _, to := range []string{"full", "full/x/y"} {
		_, err := Stage(t.Context(), Source{"ann", dir}, filepath.Join(dir, filepath.FromSlash(to)), Options{})
		if err == nil || errors.As(err, &refusal) {
			t.Errorf("staged to %s: %v", to, err)
		}
	}
	_, err = Stage(t.Context(), Source{"ann", filepath.Join(dir, "gone.zip")}, filepath.Join(dir, "a"), Options{})
	if err == nil || errors.As(err, &refusal) {
		t.Errorf("a file that is gone: %v", err)
	}
}

// FuzzUnpack looks for archives that break the unpacker, or of which it takes more than it may.
func FuzzUnpack(f *testing.F) {
	f.Add(zipOf(f, good))
	f.Add(tgzOf(f, good))
	all := hostile(f)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if len(all[name].archive) < 1<<14 {
			f.Add(all[name].archive)
		}
	}
	limits := Limits{Files: 50, File: 1 << 12, Sources: 1 << 13, Total: 1 << 16}.withDefaults()
	f.Fuzz(func(t *testing.T, archive []byte) {
		b := newBundle(limits)
		err := b.open(t.Context(), bytes.NewReader(archive), int64(len(archive)), "x.zip")
		var refusal *Refusal
		if err != nil && !errors.As(err, &refusal) {
			t.Fatalf("an archive in memory cannot fail but by its own fault: %v", err)
		}
		size := 0
		for name, text := range b.files {
			size += len(text)
			if !filepath.IsLocal(filepath.FromSlash(name)) || len(text) > 1<<12 {
				t.Fatalf("took %q of %d bytes", name, len(text))
			}
		}
		if len(b.files) > 50 || size > 1<<13 {
			t.Fatalf("took %d files of %d bytes", len(b.files), size)
		}
		if _, err := lay(b, true); err != nil && !errors.As(err, &refusal) {
			t.Fatal(err)
		}
	})
}
