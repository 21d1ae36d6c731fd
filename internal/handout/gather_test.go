package handout

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// tiny is a module with one of everything.
func tiny() map[string]string {
	return map[string]string{
		"go.mod":         "module tiny\n\ngo 1.26.0\n",
		"go.sum":         "",
		"run.sh":         text("#!/bin/sh", "exec go run ./app"),
		"docs/page.md":   text("See [the program](../app) and [this](#page)."),
		"docs/secret.md": text("The answer to everything is forty-two."),
		"app/main.go":    text("package main", "", `import "tiny/lab"`, "", "func main() { println(lab.Answer()) }"),
		"app/teach.go":   text("package main", "", `import _ "tiny/teacher"`),
		"teacher/t.go":   text("package teacher"),
		"unused/u.go":    text("package unused"),
		"core/core.go": text("package core", "", "// Answer is the answer to what was asked.",
			"func Answer() int { return 6 * 7 }"),
		"core/core_test.go": text("package core", "", "var expectedFromEverybody = Answer()"),
		"lab/data.txt":      "data\n",
		"lab/lab_test.go": text("package lab", "", `import "testing"`, "", "func TestAnswer(t *testing.T) {",
			"\tif Answer() != 42 {", "\t\tt.Fail()", "\t}", "}"),
		"lab/own_test.go": text("package lab"),
		"lab/extra.go":    text("// BEGIN SOLUTION", "package lab", "", "var extra = 1", "// END SOLUTION"),
		"lab/lab.go": text("package lab", "", "// BEGIN SOLUTION", "// BEGIN PROMPT", `// import _ "embed"`, "// END PROMPT",
			"", "import (", `	_ "embed"`, "", `	"tiny/core"`, ")", "", "// END SOLUTION", "", "//go:embed data.txt",
			"var data string", "", "// Answer is what you are to find.", "func Answer() int {", "\t// BEGIN SOLUTION",
			"\t// BEGIN PROMPT", "\t// return 0", "\t// END PROMPT",
			"\treturn core.Answer() + len(data) - extra", "\t// END SOLUTION", "}"),
	}
}

func tinyPlan() plan {
	return plan{module: "tiny", roots: []string{"app"}, tests: []string{"lab/lab_test.go"},
		answers: []string{"core", "docs/secret.md"}, inside: []string{"teacher"}, leftOut: []string{"app/teach*.go"},
		files:    []string{"docs/p*.md", "run.sh"},
		programs: []string{"run.sh"}, own: files(map[string]string{"README.md.txt": "Read [this](docs/page.md).\n"}),
		wasip1: []string{"lab"}}
}

func files(texts map[string]string) fstest.MapFS {
	tree := fstest.MapFS{}
	for name, text := range texts {
		tree[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return tree
}

func gathered(t *testing.T, texts map[string]string, p plan) tree {
	t.Helper()
	got, err := gather(files(texts), p)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestGather(t *testing.T) {
	got := gathered(t, tiny(), tinyPlan())
	want := []string{"README.md", "app/main.go", "docs/page.md", "go.mod", "go.sum", "lab/data.txt", "lab/lab.go",
		"lab/lab_test.go", "run.sh"}
	if names := got.names(); !slices.Equal(names, want) {
		t.Errorf("files %q, want %q", names, want)
	}
	skeleton := text("package lab", "", `import _ "embed"`, "", "//go:embed data.txt", "var data string", "",
		"// Answer is what you are to find.", "func Answer() int {", "\treturn 0", "}")
	if got.files["lab/lab.go"].text != skeleton {
		t.Errorf("the skeleton is\n%s", got.files["lab/lab.go"].text)
	}
	for name, f := range got.files {
		if f.program != (name == "run.sh") {
			t.Errorf("%s: program is %v", name, f.program)
		}
	}
	if err := got.read(); err != nil {
		t.Errorf("faults: %v", err)
	}
	again := gathered(t, tiny(), tinyPlan())
	if !maps.Equal(got.files, again.files) || !slices.Equal(got.secrets, again.secrets) {
		t.Error("not the same twice")
	}
}

func TestGatherRefuses(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(texts map[string]string, p *plan)
		want   string
	}{
		{"an unclosed region", func(x map[string]string, _ *plan) {
			x["lab/lab.go"] = strings.TrimSuffix(x["lab/lab.go"], "\t// END SOLUTION\n}\n") + "}\n"
		}, "lab/lab.go:21: the region is not closed"},
		{"regions of two files", func(x map[string]string, _ *plan) {
			x["run.sh"], x["app/main.go"] = "# END SOLUTION\n", "package main\n\n// END PROMPT\n"
		}, "app/main.go:3: the end of a prompt that was not begun\nrun.sh:1: the end of a region that was not begun"},
		{"an answer package that is used", func(x map[string]string, _ *plan) {
			x["app/main.go"] = text("package main", "", `import "tiny/core"`, "", "func main() { println(core.Answer()) }")
		}, "app/main.go: imports tiny/core, which students do not get"},
		{"a package for teachers that is used", func(_ map[string]string, p *plan) { p.leftOut = nil },
			"app/teach.go: imports tiny/teacher, which students do not get"},
		{"a package that is missing", func(x map[string]string, _ *plan) {
			x["app/main.go"] = text("package main", "", `import _ "tiny/gone"`)
		}, "app/main.go: package gone: "},
		{"an embedded file that is missing", func(x map[string]string, _ *plan) { delete(x, "lab/data.txt") },
			"lab/data.txt"},
		{"a script that is missing", func(x map[string]string, _ *plan) { delete(x, "run.sh") },
			"run.sh: file does not exist"},
		{"an answer that is missing", func(x map[string]string, _ *plan) { delete(x, "docs/secret.md") },
			"docs/secret.md"},
		{"no go.mod", func(x map[string]string, _ *plan) { delete(x, "go.mod") }, "go.mod: file does not exist"},
	} {
		t.Run(c.name, func(t *testing.T) {
			texts, p := tiny(), tinyPlan()
			c.change(texts, &p)
			if _, err := gather(files(texts), p); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

// TestLeaks plants what must not be handed out, wherever it could come to be.
func TestLeaks(t *testing.T) {
	const (
		line25 = "gives away line 25 of lab/lab.go"
		line4  = "gives away line 4 of core/core.go"
	)
	for _, c := range []struct {
		name, file, line, want string
	}{
		{"a line of a region", "app/main.go", "\treturn core.Answer() + len(data) - extra", line25},
		{"other blanks", "app/main.go", "return  core.Answer() +\tlen(data) - extra", line25},
		{"in a comment", "lab/lab.go", "//return core.Answer() + len(data) - extra", line25},
		{"in a list", "docs/page.md", "  - return core.Answer() + len(data) - extra", line25},
		{"an answer package", "run.sh", "func Answer() int { return 6 * 7 }", line4},
		{"an answer's comment", "docs/page.md", "Answer is the answer to what was asked.",
			"gives away line 3 of core/core.go"},
		{"a page of answers", "README.md", "> The answer to everything is forty-two.", "gives away line 1 of docs/secret.md"},
		{"a marker", "README.md", "Put it between BEGIN SOLUTION and so on.", "a marker is left"},
		{"a link", "README.md", "See [more](docs/secret.md#all).", "links to docs/secret.md, which students do not get"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := gathered(t, tiny(), tinyPlan())
			f := got.files[c.file]
			number := strings.Count(f.text, "\n") + 1
			f.text += c.line + "\n"
			got.files[c.file] = f
			err := got.read()
			if err == nil {
				t.Fatal("not noticed")
			}
			checkLines(t, err, []string{(&Mistake{c.file, number, c.want}).Error()})
		})
	}
}

// What everybody writes, what a prompt says and what the plan shares is no leak.
func TestNoLeaks(t *testing.T) {
	for _, line := range []string{
		"var extra = 1",                                  // of a region, but short
		"var expectedFromEverybody = Answer()",           // of an answer's tests
		"https://example.org/ and [that](https://e.org)", // a link to elsewhere
	} {
		got := gathered(t, tiny(), tinyPlan())
		got.files["docs/page.md"] = file{text: line + "\n"}
		if err := got.read(); err != nil {
			t.Errorf("%q: %v", line, err)
		}
	}
	texts, p := tiny(), tinyPlan()
	const secret = "return core.Answer() + len(data) - extra"
	p.shared = []string{secret}
	texts["docs/page.md"] = "    " + secret + "\n"
	if err := gathered(t, texts, p).read(); err != nil {
		t.Errorf("shared: %v", err)
	}
	texts, p = tiny(), tinyPlan()
	texts["lab/lab.go"] = strings.Replace(texts["lab/lab.go"], "// return 0", "// "+secret, 1)
	if err := gathered(t, texts, p).read(); err != nil {
		t.Errorf("in a prompt: %v", err)
	}
}

func TestTelling(t *testing.T) {
	for line, want := range map[string]bool{
		"\tif err != nil {":                       false,
		"\t\"raftlab/internal/sim/campaign\"":     false,
		"  rf.node.Step(rf.now(), *args)":         true,
		"// The leader counts its own copy, too.": true,
		"": false,
	} {
		if got := telling(essence(line)); got != want {
			t.Errorf("%q: %v", line, got)
		}
	}
}
