package bundle

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// needed are the folders and files from which raftlab, and what it builds around submissions, are made.
var needed = []string{"go.mod", "go.sum", "cmd/raftlab", "internal", "kvraft", "labgob", "labrpc", "porcupine", "raft"}

// sourcesOf reads Raftlab's sources below root, without tests.
func sourcesOf(root string) (files, error) {
	all := files{}
	for _, part := range needed {
		err := filepath.WalkDir(filepath.Join(root, part), func(name string, e fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			hidden := strings.HasPrefix(e.Name(), ".")
			if e.IsDir() && (hidden || e.Name() == "testdata" || e.Name() == "tidy") {
				return fs.SkipDir
			}
			if hidden || !e.Type().IsRegular() || strings.HasSuffix(e.Name(), "_test.go") {
				return nil
			}
			rel, err := filepath.Rel(root, name)
			if err != nil {
				return err
			}
			all[filepath.ToSlash(rel)], err = os.ReadFile(name)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("read the sources: %w", err)
		}
	}
	return all, nil
}

// mode is what a file's owner and others may do with it.
func mode(text []byte) fs.FileMode {
	if executable(text) {
		return 0o755
	}
	return 0o644
}

// tar returns an archive that follows from its files alone.
func (f files) tar() ([]byte, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(f)) {
		header := &tar.Header{Name: name, Mode: int64(mode(f[name])), Size: int64(len(f[name]))}
		if err := w.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := w.Write(f[name]); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
