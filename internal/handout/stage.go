package handout

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"time"
)

// What files may be done with, whatever the umask says: students get the same everywhere.
const (
	plain   = 0o644
	program = 0o755 // and folders
)

func (f file) mode() os.FileMode {
	if f.program {
		return program
	}
	return plain
}

// stage is a folder in which a tree is tried before it is where it was asked for: beside that place, so that it
// can be renamed.
type stage struct{ dir string }

// newStage makes the stage for what is to be at out.
func newStage(out string) (*stage, error) {
	out, err := filepath.Abs(out)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(filepath.Dir(out), "."+filepath.Base(out)+"-*")
	if err != nil {
		return nil, fmt.Errorf("make a folder beside %s: %w", out, err)
	}
	return &stage{dir}, nil
}

// remove ends the stage, unless it was renamed.
func (s *stage) remove() error { return os.RemoveAll(s.dir) }

// write puts the tree on the stage.
func (s *stage) write(t tree) error {
	if err := os.Chmod(s.dir, program); err != nil {
		return err
	}
	made := map[string]bool{".": true}
	for _, name := range t.names() {
		if err := s.folder(path.Dir(name), made); err != nil {
			return err
		}
		to := s.path(name)
		if err := os.WriteFile(to, []byte(t.files[name].text), plain); err != nil {
			return err
		}
		if err := os.Chmod(to, t.files[name].mode()); err != nil {
			return err
		}
	}
	return nil
}

// folder makes a folder of the tree, and those above it.
func (s *stage) folder(name string, made map[string]bool) error {
	if made[name] {
		return nil
	}
	if err := s.folder(path.Dir(name), made); err != nil {
		return err
	}
	made[name] = true
	if err := os.Mkdir(s.path(name), program); err != nil {
		return err
	}
	return os.Chmod(s.path(name), program)
}

// path returns where the file of that name lies.
func (s *stage) path(name string) string { return filepath.Join(s.dir, filepath.FromSlash(name)) }

// tidy drops the modules that the tree on the stage does not need, there and in t.
func (s *stage) tidy(ctx context.Context, t tree) error {
	if err := command(ctx, s.dir, nil, "mod", "tidy"); err != nil {
		return err
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(s.path(name))
		if err != nil {
			return err
		}
		t.files[name] = file{text: string(text)}
	}
	return nil
}

// rename makes the stage the folder out, which may be there if it is empty.
func (s *stage) rename(out string) error {
	if err := os.Remove(out); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return os.Rename(s.dir, out)
}

// pack writes the tree as the archive to, whole or not at all.
func (t tree) pack(to string) (err error) {
	to, err = filepath.Abs(to)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(to), "."+filepath.Base(to)+"-*")
	if err != nil {
		return err
	}
	err = errors.Join(t.archive(f), f.Chmod(plain), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), to)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// archived is the time of every file in an archive: the first that the format knows.
var archived = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// archive writes the tree as a zip of one folder.
func (t tree) archive(to io.Writer) error {
	archive := zip.NewWriter(to)
	for _, name := range t.names() {
		header := &zip.FileHeader{Name: path.Join("raftlab", name), Method: zip.Deflate, Modified: archived}
		header.SetMode(t.files[name].mode())
		w, err := archive.CreateHeader(header)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(w, t.files[name].text); err != nil {
			return err
		}
	}
	return archive.Close()
}
