package build

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
)

// A package of another module is built whole, with the meter in it and in what it uses of its module.
func TestWholePackage(t *testing.T) {
	dir := write(t, "", map[string]string{
		"go.mod":          "module example.org/mine\n\ngo 1.21\n",
		"root.go":         "package mine\n\n// Spin spins.\nfunc Spin() (n int) { for n < 1e6 { n++ }; return n }\n",
		"lab/lab.go":      "package lab\n\nimport \"example.org/mine\"\n\nvar spins = mine.Spin()\n",
		"lab/in_test.go":  "package lab\n\nimport \"testing\"\n\nfunc TestIn(t *testing.T) { if spins != 1e6 { t.Fatal(spins) } }\n",
		"lab/out_test.go": "package lab_test\n\nimport \"testing\"\n\nfunc TestOut(t *testing.T) {\n\tfor { t.Fatal(\"out\") }\n}\n",
		"none/none.go":    "package none\n",
	})
	b := newBuilder(t)
	m, err := b.Build(t.Context(), Spec{Tests: filepath.Join(dir, "lab")})
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]bool{}
	for _, s := range m.Sites {
		rel, err := filepath.Rel(dir, s.File)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.ToSlash(rel)] = true
	}
	if !files["root.go"] || !files["lab/in_test.go"] || !files["lab/out_test.go"] || len(files) != 3 {
		t.Errorf("sites in %v", files)
	}
	got, units := run(t, m)
	if !strings.Contains(got, "--- FAIL: TestOut") || strings.Contains(got, "FAIL: TestIn") ||
		!strings.Contains(got, "out_test.go:6: out") || units < 1e6-1<<15 {
		t.Errorf("%d units, printed\n%s", units, got)
	}
	if m.Hash == "" || !strings.Contains(m.Localize("example.org/mine/lab/in_test.go:5", ""), dir) {
		t.Errorf("names are not made local: %+v", m)
	}
	for place, want := range map[string]string{"none": "holds no tests", "lab": "in_test.go:3:18: undefined: gone"} {
		write(t, dir, map[string]string{"lab/in_test.go": "package lab\n\nfunc f() { for { gone() } }\n"})
		_, err := b.Build(t.Context(), Spec{Tests: filepath.Join(dir, place)})
		var theirs *Error
		if !errors.As(err, &theirs) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", place, err)
		}
	}
}

// A package of our own module, as a student's tests are.
func TestWholePackageOfOurs(t *testing.T) {
	m, err := newBuilder(t).Build(t.Context(), Spec{Tests: "../../../kvraft/state"})
	if err != nil {
		t.Fatal(err)
	}
	got, _ := run(t, m, "-test.run=^TestCommands$")
	if got != "PASS\n" || len(m.Sites) < 50 {
		t.Errorf("%d sites, printed\n%s", len(m.Sites), got)
	}
}
