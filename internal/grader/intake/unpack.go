package intake

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// unpack reads a submission. An error is a *Refusal or of infrastructure.
func unpack(ctx context.Context, at string, limits Limits) (*bundle, error) {
	b := newBundle(limits.withDefaults())
	info, err := os.Stat(at)
	if err != nil {
		return nil, fmt.Errorf("intake: %w", err)
	}
	if info.IsDir() {
		if at, err = filepath.EvalSymlinks(at); err != nil { // a walk does not follow links, not even the first
			return nil, fmt.Errorf("intake: %w", err)
		}
		return b, b.walk(ctx, at)
	}
	if !info.Mode().IsRegular() {
		return nil, notAccepted("", "is neither a folder nor a file")
	}
	if info.Size() > b.limits.Archive {
		return nil, notAccepted("", "is an archive of %d bytes; at most %d are taken", info.Size(), b.limits.Archive)
	}
	f, err := os.Open(at)
	if err != nil {
		return nil, fmt.Errorf("intake: %w", err)
	}
	defer f.Close()
	return b, b.open(ctx, f, info.Size(), filepath.Base(at))
}

// walk reads a folder. Links are not followed.
func (b *bundle) walk(ctx context.Context, root string) error {
	return filepath.WalkDir(root, func(at string, entry fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("intake: %w", err)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		rel, err := filepath.Rel(root, at)
		if err != nil {
			return fmt.Errorf("intake: %w", err)
		}
		if rel == "." {
			return nil
		}
		if entry.IsDir() && isJunk(entry.Name()) {
			return fs.SkipDir
		}
		info, err := entry.Info()
		if err != nil {
			return fmt.Errorf("intake: %w", err)
		}
		size := info.Size()
		if !isGo(rel) {
			size = 0 // it lies there already and is not read
		}
		as, wanted, err := b.admit(filepath.ToSlash(rel), kindOf(info.Mode()), size)
		if err != nil || !wanted {
			return err
		}
		f, err := os.Open(at)
		if err != nil {
			return fmt.Errorf("intake: %w", err)
		}
		defer f.Close()
		return b.read(as, f)
	})
}

func kindOf(mode fs.FileMode) kind {
	switch {
	case mode.IsRegular():
		return regular
	case mode.IsDir():
		return folder
	case mode&fs.ModeSymlink != 0:
		return link
	}
	return other
}

// open reads an archive of whatever kind its first bytes say.
func (b *bundle) open(ctx context.Context, f io.ReaderAt, size int64, base string) error {
	head := make([]byte, 512)
	n, err := f.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return fmt.Errorf("intake: %w", err)
	}
	head = head[:n]
	whole := func() io.Reader { return io.NewSectionReader(f, 0, size) }
	switch {
	case n == 0:
		return notAccepted("", "is empty")
	case bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06")):
		return b.unzip(ctx, f, size)
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		return b.gunzip(ctx, whole())
	case isTar(head):
		return b.untar(ctx, whole(), func() error { return nil })
	}
	what := "zip or tar.gz"
	if ext := withoutArchive(base); ext != base {
		return notAccepted("", "is called %s, but is no %s archive, or its beginning is lost", base[len(ext):], what)
	}
	return notAccepted("", "is no %s archive", what)
}

func isTar(head []byte) bool {
	const at = 257 // where the header of a tar says what it is
	return len(head) > at && bytes.HasPrefix(head[at:], []byte("ustar"))
}

// damaged makes a *Refusal of an error of a decoder, and leaves others as they are.
func damaged(err error) error {
	var refusal *Refusal
	var machine *fs.PathError
	switch {
	case err == nil || errors.As(err, &refusal):
		return err
	case errors.As(err, &machine) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("intake: %w", err)
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		return notAccepted("", "is an archive that was cut short")
	}
	return notAccepted("", "is an archive that cannot be unpacked: %v", err)
}

func (b *bundle) unzip(ctx context.Context, f io.ReaderAt, size int64) error {
	z, err := zip.NewReader(f, size)
	if errors.Is(err, zip.ErrFormat) {
		return notAccepted("", "begins like a zip archive, but has no table of contents: it was cut short")
	}
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return damaged(err)
	}
	var declared int64
	for _, entry := range z.File {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		claimed := int64(min(entry.UncompressedSize64, uint64(b.limits.Total)+1))
		as, wanted, err := b.admit(entry.Name, kindOf(entry.Mode()), claimed)
		if err != nil {
			return err
		}
		declared += claimed
		if err := b.inflated(size, declared); err != nil {
			return err
		}
		var take func(as string, r io.Reader) error
		switch {
		case wanted:
			take = b.read
		case kindOf(entry.Mode()) == link:
			take = func(as string, r io.Reader) error {
				target, err := io.ReadAll(io.LimitReader(r, longestName))
				if err != nil {
					return err
				}
				return b.leads(as, path.Dir(as), string(target))
			}
		default:
			continue
		}
		if err := extract(entry, as, take); err != nil {
			return damaged(err)
		}
	}
	return nil
}

// extract has one file of a zip taken.
func extract(entry *zip.File, as string, take func(as string, r io.Reader) error) error {
	if entry.Flags&1 != 0 {
		return notAccepted(shown(as), "is encrypted")
	}
	r, err := entry.Open()
	if errors.Is(err, zip.ErrAlgorithm) {
		return notAccepted(shown(as), "is packed by a method that is not known: use an ordinary zip")
	}
	if err != nil {
		return err
	}
	defer r.Close()
	return take(as, r)
}

func (b *bundle) gunzip(ctx context.Context, r io.Reader) error {
	packed := &counter{r: r}
	z, err := gzip.NewReader(bufio.NewReader(packed))
	if err != nil {
		return damaged(err)
	}
	unpacked := &counter{r: z}
	return b.untar(ctx, unpacked, func() error { return b.inflated(packed.n, unpacked.n) })
}

// untar reads a tar. It asks now and then whether the stream may go on.
func (b *bundle) untar(ctx context.Context, r io.Reader, may func() error) error {
	r = &guard{r: r, may: may}
	t := tar.NewReader(r)
	for n := 0; ; n++ {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		h, err := t.Next()
		if err == io.EOF {
			_, err = io.Copy(io.Discard, r) // to its checksum
			return damaged(err)
		}
		if n == 0 && errors.Is(err, tar.ErrHeader) {
			return notAccepted("", "is compressed, but no tar archive")
		}
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) {
			return damaged(err)
		}
		k, known := kindOfTar(h)
		if !known {
			continue
		}
		as, wanted, err := b.admit(h.Name, k, h.Size)
		if err != nil {
			return err
		}
		switch {
		case wanted:
			err = b.read(as, t)
		case h.Typeflag == tar.TypeSymlink:
			err = b.leads(as, path.Dir(as), h.Linkname)
		case h.Typeflag == tar.TypeLink:
			err = b.leads(as, ".", h.Linkname)
		}
		if err != nil {
			return damaged(err)
		}
	}
}

// kindOfTar returns what an entry is; known is false for what is about other entries.
func kindOfTar(h *tar.Header) (k kind, known bool) {
	switch h.Typeflag {
	case tar.TypeReg, tar.TypeGNUSparse, tar.TypeCont:
		if strings.HasSuffix(h.Name, "/") {
			return folder, true
		}
		return regular, true
	case tar.TypeDir:
		return folder, true
	case tar.TypeSymlink, tar.TypeLink:
		return link, true
	case tar.TypeXGlobalHeader:
		return 0, false
	}
	return other, true
}

// counter counts what is read.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// guard is a reader that ends when may returns an error.
type guard struct {
	r   io.Reader
	may func() error
}

func (g *guard) Read(p []byte) (int, error) {
	n, err := g.r.Read(p)
	if refused := g.may(); refused != nil {
		return 0, refused
	}
	return n, err
}
