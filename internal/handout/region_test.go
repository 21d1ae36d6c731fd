package handout

import (
	"slices"
	"strings"
	"testing"
)

// text is lines as a file has them.
func text(lines ...string) string { return strings.Join(lines, "\n") + "\n" }

func TestStrip(t *testing.T) {
	for _, c := range []struct {
		name, file, text, want string
		secrets                []string
	}{
		{"no region", "a.go", "package a\r\n\r\n", "package a\r\n\r\n", nil},
		{"no prompt", "a.go",
			text("a", "// BEGIN SOLUTION", "b", "", "c", "// END SOLUTION", "d"),
			text("a", "d"), []string{"b", "", "c"}},
		{"prompt", "a.go",
			text("func f() int {", "\t// BEGIN SOLUTION", "\t// BEGIN PROMPT", "\t// // Your code here.", "\t//",
				"\t// return 0", "\t// END PROMPT", "\treturn 42", "\t// END SOLUTION", "}"),
			text("func f() int {", "\t// Your code here.", "", "\treturn 0", "}"), []string{"\treturn 42"}},
		{"prompt with tabs of its own", "a.go",
			text("// BEGIN SOLUTION", "// BEGIN PROMPT", "// type T struct {", "// \tx int", "// }", "// END PROMPT",
				"type T int", "// END SOLUTION"),
			text("type T struct {", "\tx int", "}"), []string{"type T int"}},
		{"prompt behind the answer", "a.go",
			text("// BEGIN SOLUTION", "x", "// BEGIN PROMPT", "//y", "// END PROMPT", "z", "// END SOLUTION"),
			text("y"), []string{"x", "z"}},
		{"two regions", "a.go",
			text("// BEGIN SOLUTION", "x", "// END SOLUTION", "y", "// BEGIN SOLUTION", "// END SOLUTION"),
			text("y"), []string{"x"}},
		{"markers with blanks behind, line ends of Windows", "a.go",
			"a\r\n// BEGIN SOLUTION \r\nb\r\n  // END SOLUTION\t\r\nc\r\n", "a\nc\n", []string{"b"}},
		{"no line end at the end", "a.go", "a\n// BEGIN SOLUTION\nb\n// END SOLUTION", "a\n", []string{"b"}},
		{"a shell's comments", "run.sh",
			text("a", "# BEGIN SOLUTION", "# BEGIN PROMPT", "# echo no", "# END PROMPT", "echo yes", "# END SOLUTION"),
			text("a", "echo no"), []string{"echo yes"}},
		{"comments of Markdown", "docs/a.md",
			text("# A", "<!-- BEGIN SOLUTION -->", "<!-- BEGIN PROMPT -->", "<!-- see [b](b.md) -->", "<!-- END PROMPT -->",
				"so it goes", "<!-- END SOLUTION -->"),
			text("# A", "see [b](b.md)"), []string{"so it goes"}},
		{"nothing but a region", "a.go",
			text("// BEGIN SOLUTION", "package a", "// END SOLUTION"), "", []string{"package a"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := strip(c.file, c.text)
			if err != nil {
				t.Fatal(err)
			}
			if got.text != c.want {
				t.Errorf("left:\n%q\nwant:\n%q", got.text, c.want)
			}
			var secrets []string
			for _, l := range got.secrets {
				if was := strings.Split(c.text, "\n")[l.number-1]; strings.TrimRight(was, "\r") != l.text {
					t.Errorf("line %d is said to be %q and is %q", l.number, l.text, was)
				}
				secrets = append(secrets, l.text)
			}
			if !slices.Equal(secrets, c.secrets) {
				t.Errorf("secrets %q, want %q", secrets, c.secrets)
			}
			if (c.want == "") != got.empty() {
				t.Errorf("empty is %v", got.empty())
			}
		})
	}
}

func TestStripRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		text string
		want []string // how each mistake begins, in order
	}{
		{"unclosed region", text("a", "// BEGIN SOLUTION", "b"), []string{"x/a.go:2: the region is not closed"}},
		{"nested region", text("// BEGIN SOLUTION", "a", "// BEGIN SOLUTION", "// END SOLUTION"),
			[]string{"x/a.go:3: a region inside the one of line 1"}},
		{"nested region with an end of its own",
			text("// BEGIN SOLUTION", "// BEGIN SOLUTION", "// END SOLUTION", "// END SOLUTION"),
			[]string{"x/a.go:2: a region inside the one of line 1", "x/a.go:4: the end of a region that was not begun"}},
		{"stray end", text("a", "", "// END SOLUTION"), []string{"x/a.go:3: the end of a region that was not begun"}},
		{"prompt outside", text("// BEGIN PROMPT", "// a", "// END PROMPT"),
			[]string{"x/a.go:1: a prompt outside of a region"}},
		{"unclosed prompt", text("// BEGIN SOLUTION", "// BEGIN PROMPT", "// a", "// END SOLUTION"),
			[]string{"x/a.go:4: the region ends inside the prompt of line 2"}},
		{"nothing closed", text("// BEGIN SOLUTION", "// BEGIN PROMPT", "// a"),
			[]string{"x/a.go:2: the prompt is not closed", "x/a.go:1: the region is not closed"}},
		{"prompt in a prompt", text("// BEGIN SOLUTION", "// BEGIN PROMPT", "// BEGIN PROMPT", "// END PROMPT",
			"// END SOLUTION"),
			[]string{"x/a.go:3: a prompt inside the one of line 2"}},
		{"two prompts", text("// BEGIN SOLUTION", "// BEGIN PROMPT", "// END PROMPT", "a", "// BEGIN PROMPT", "// END PROMPT",
			"// END SOLUTION"), []string{"x/a.go:5: the region's second prompt, after the one of line 2"}},
		{"stray end of a prompt", text("// BEGIN SOLUTION", "// END PROMPT", "// END SOLUTION"),
			[]string{"x/a.go:2: the end of a prompt that was not begun"}},
		{"prompt that is code", text("// BEGIN SOLUTION", "// BEGIN PROMPT", "return 42", "// END PROMPT", "// END SOLUTION"),
			[]string{"x/a.go:3: a line of a prompt that is no comment"}},
		{"lower case", text("// begin solution", "a", "// end solution"),
			[]string{`x/a.go:1: looks like a marker and is none`, `x/a.go:3: looks like a marker and is none`}},
		{"behind code", text("a // BEGIN SOLUTION"), []string{`x/a.go:1: looks like a marker and is none`}},
		{"more on the line", text("// BEGIN SOLUTION of 2A"), []string{`x/a.go:1: looks like a marker and is none`}},
		{"another language's comment", text("# BEGIN SOLUTION"), []string{`x/a.go:1: looks like a marker and is none`}},
		{"one word", text("// BEGIN_SOLUTION"), []string{`x/a.go:1: looks like a marker and is none`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := strip("x/a.go", c.text)
			if err == nil {
				t.Fatal("no error")
			}
			checkLines(t, err, c.want)
		})
	}
}

// checkLines wants an error of as many lines as there are beginnings, each with its own.
func checkLines(t *testing.T, err error, beginnings []string) {
	t.Helper()
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != len(beginnings) {
		t.Fatalf("%d lines, want %d:\n%v", len(lines), len(beginnings), err)
	}
	for i, want := range beginnings {
		if !strings.HasPrefix(lines[i], want) {
			t.Errorf("%q, want %q …", lines[i], want)
		}
	}
}

func TestStripGoFormats(t *testing.T) {
	got, err := stripGo("a.go", text("package a", "", "type T struct {", "\ta          int", "\t// BEGIN SOLUTION",
		"\tlongerName int", "\t// END SOLUTION", "}", "", "// BEGIN SOLUTION", "", "var x T", "", "// END SOLUTION"))
	if want := text("package a", "", "type T struct {", "\ta int", "}"); err != nil || got.text != want {
		t.Errorf("%q, %v; want %q", got.text, err, want)
	}
	for _, c := range []struct{ text, want string }{
		{text("package a", "", "// BEGIN SOLUTION", "func f() {", "// END SOLUTION", "}"),
			"is no Go any more without its regions"},
		{text("package a", "", "var   x int"), "is not as gofmt has it"},
	} {
		if _, err := stripGo("a.go", c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
}
