package build

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Every input changes the key; the place of the same sources, and files that are not built, do not.
func TestKeyIsOfAllInputs(t *testing.T) {
	b := newBuilder(t)
	sources := map[string]string{"raft.go": "package raft\n\nfunc Make() {}\n"}
	base := Spec{Raft: write(t, "", sources), Main: small}
	keyOf := func(s Spec) string {
		t.Helper()
		tree, err := b.load(s)
		if err != nil {
			t.Fatal(err)
		}
		return b.key(s, tree)
	}
	first := keyOf(base)
	with := func(change func(*Spec)) Spec { s := base; change(&s); return s }
	more := func(name, text string) Spec {
		dir := write(t, write(t, "", sources), map[string]string{name: text})
		return with(func(s *Spec) { s.Raft = dir })
	}
	for name, s := range map[string]Spec{
		"another place": with(func(s *Spec) { s.Raft = write(t, "", sources) }),
		"a test":        more("raft_test.go", "package raft\n"),
		"a text":        more("README.md", "hello"),
		"testdata":      more("testdata/x.go", "package x\n"),
		"new enough":    more("go.mod", "module x\n\ngo 1.23\n"),
	} {
		if keyOf(s) != first {
			t.Errorf("%s changes the key", name)
		}
	}
	seen := map[string]string{first: "the first"}
	for name, s := range map[string]Spec{
		"text":       more("raft.go", "package raft\n\nfunc Make() { }\n"),
		"a file":     more("x.go", "package raft\n"),
		"a name":     more("y.go", "package raft\n"),
		"a package":  more("below/x.go", "package below\n"),
		"embedded":   more("raft.go", "package raft\n\nimport _ \"embed\"\n\n//go:embed raft.go\nvar s string\n\nfunc Make() {}\n"),
		"old go.mod": more("go.mod", "module x\n\ngo 1.20\n"),
		"older":      more("go.mod", "module x\n\ngo 1.22\n"),
		"plain":      with(func(s *Spec) { s.Plain = true }),
		"tags":       with(func(s *Spec) { s.Tags = []string{"x"} }),
		"reactor":    with(func(s *Spec) { s.Reactor = true }),
		"our own":    with(func(s *Spec) { s.Raft = "" }),
	} {
		key := keyOf(s)
		if other, known := seen[key]; known {
			t.Errorf("%s has the key of %s", name, other)
		}
		seen[key] = name
	}
}

func TestSecondBuildComesFromTheCache(t *testing.T) {
	b := newBuilder(t)
	spec := Spec{Raft: write(t, "", map[string]string{"raft.go": "package raft\n\nfunc Make() { for {} }\n"}), Main: small}
	var all sync.WaitGroup
	modules := make([]Module, 4)
	for i := range modules {
		all.Go(func() {
			var err error
			if modules[i], err = b.Build(t.Context(), spec); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	b.tool.path = "no-go-command" // what follows must do without
	elsewhere := spec
	elsewhere.Raft = write(t, "", map[string]string{"raft.go": "package raft\n\nfunc Make() { for {} }\n"})
	again, err := b.Build(t.Context(), elsewhere)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range modules {
		if m.Hash != again.Hash || m.Path != again.Path || m.Key != again.Key || m.Hash == "" {
			t.Errorf("got %+v and then %+v", m, again)
		}
		if got := m.Sites[0].String(); got != filepath.Join(spec.Raft, "raft.go")+":3 (in Make)" {
			t.Errorf("site %s", got)
		}
	}
	if got := again.Sites[0].File; got != filepath.Join(elsewhere.Raft, "raft.go") {
		t.Errorf("the site of the second is in %s", got)
	}
	for name, damage := range map[string]func() error{
		"cut":     func() error { return os.Truncate(again.Path, 100) },
		"no note": func() error { return os.Remove(strings.TrimSuffix(again.Path, ".wasm") + ".json") },
	} {
		if err := damage(); err != nil {
			t.Fatal(err)
		}
		if _, err := b.store.get(again.Key); !errors.Is(err, errMiss) {
			t.Errorf("%s: got %v, want a miss", name, err)
		}
	}
	if left, err := filepath.Glob(filepath.Join(b.store.dir, workPrefix+"*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestCacheIsBounded(t *testing.T) {
	s, err := openStore(t.TempDir(), 2500)
	if err != nil {
		t.Fatal(err)
	}
	put := func(key string, age time.Duration) {
		t.Helper()
		dir, err := s.workspace()
		if err != nil {
			t.Fatal(err)
		}
		write(t, dir, map[string]string{"out.wasm": strings.Repeat("x", 1000)})
		if _, err := s.put(key, filepath.Join(dir, "out.wasm"), nil); err != nil {
			t.Fatal(err)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		then := time.Now().Add(-age)
		if err := os.Chtimes(s.note(key), then, then); err != nil {
			t.Fatal(err)
		}
	}
	has := func(key string) bool { _, err := s.get(key); return err == nil }
	left, err := s.workspace()
	if err != nil {
		t.Fatal(err)
	}
	long := time.Now().Add(-2 * workAge)
	if err := os.Chtimes(left, long, long); err != nil {
		t.Fatal(err)
	}
	put("a", 3*time.Hour)
	put("b", 2*time.Hour)
	if !has("a") { // and is used by that, later than b
		t.Fatal("a is gone")
	}
	put("c", time.Hour)
	if !has("a") || has("b") || !has("c") {
		t.Errorf("a %v, b %v, c %v; want b gone", has("a"), has("b"), has("c"))
	}
	put("d", 0)
	if !has("a") || !has("c") || !has("d") {
		t.Error("one used just now is gone")
	}
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a workspace left behind: %v", err)
	}
}

func TestCallersShareACompile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sharing{running: map[string]*compile{}}
		compiles := 0
		slow := func(ctx context.Context) (program, error) {
			compiles++
			select {
			case <-time.After(time.Second):
				return program{key: "made"}, nil
			case <-ctx.Done():
				return program{}, ctx.Err()
			}
		}
		var all sync.WaitGroup
		call := func(patience time.Duration, wantErr error) {
			all.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				got, err := s.do(ctx, "key", slow)
				if !errors.Is(err, wantErr) || wantErr == nil && got.key != "made" {
					t.Errorf("patience of %v: got %v, %v", patience, got, err)
				}
			})
		}
		// The first to call gives up; that does not disturb the others.
		call(time.Second/2, context.DeadlineExceeded)
		synctest.Wait()
		call(time.Minute, nil)
		call(time.Minute, nil)
		all.Wait()
		if compiles != 1 || len(s.running) != 0 {
			t.Errorf("%d compiles, %d left", compiles, len(s.running))
		}
		// If all give up, the compile ends, and who comes then has one of his own.
		call(time.Second/2, context.DeadlineExceeded)
		call(time.Second/4, context.DeadlineExceeded)
		all.Wait()
		call(time.Minute, nil)
		all.Wait()
		if compiles != 3 {
			t.Errorf("%d compiles", compiles)
		}
	})
}

func TestFind(t *testing.T) {
	raft, kv := "package raft\n", "package kvraft\n"
	for name, test := range map[string]struct {
		files    map[string]string
		raft, kv string
	}{
		"both":       {map[string]string{"raft/a.go": raft, "kvraft/a.go": kv}, "raft", "kvraft"},
		"in src":     {map[string]string{"src/raft/a.go": raft, "src/go.mod": "module x"}, "src/raft", ""},
		"the folder": {map[string]string{"a_test.go": kv, "a.go": raft, "b.go": raft}, ".", ""},
		"a service":  {map[string]string{"a.go": kv}, "", "."},
	} {
		dir := write(t, "", test.files)
		got, err := Find(dir)
		want := []string{test.raft, test.kv}
		for i := range want {
			if want[i] != "" {
				want[i] = filepath.Join(dir, want[i])
			}
		}
		if err != nil || !slices.Equal([]string{got.Raft, got.KV}, want) {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
	var theirs *Error
	if _, err := Find(write(t, "", map[string]string{"raft/README.md": ""})); !errors.As(err, &theirs) {
		t.Errorf("nothing there: %v", err)
	}
	if _, err := Find(filepath.Join(t.TempDir(), "none")); err == nil || errors.As(err, &theirs) {
		t.Errorf("no folder: %v", err)
	}
}

func TestFindRoot(t *testing.T) {
	root, err := FindRoot()
	if err != nil || !isRoot(root) || !strings.HasPrefix(mustGetwd(t), root) {
		t.Fatalf("got %s, %v", root, err)
	}
	t.Chdir(t.TempDir())
	if _, err := FindRoot(); err == nil {
		t.Error("found a root above a temporary folder")
	}
	t.Setenv(RootVariable, root)
	if got, err := FindRoot(); got != root || err != nil {
		t.Errorf("got %s, %v", got, err)
	}
	t.Setenv(RootVariable, t.TempDir())
	if _, err := FindRoot(); err == nil || !strings.Contains(err.Error(), RootVariable) {
		t.Errorf("got %v", err)
	}
}

func mustGetwd(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}
