package intake

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"slices"
	"strings"

	"raftlab/internal/sim/build"
)

// file is a Go file of a submission.
type file struct {
	path string
	text []byte
	name string // of its package; "" if not even that parses
	fset *token.FileSet
	tree *ast.File // nil until syntax is called, whose result it is
	bad  bool      // it does not parse whole
}

func (f *file) test() bool { return strings.HasSuffix(f.path, "_test.go") }

// newFile reads a file as far as its package clause: most files of a submission are of no interest.
func newFile(at string, text []byte) *file {
	f := &file{path: at, text: text}
	tree, err := parser.ParseFile(token.NewFileSet(), "", text, parser.PackageClauseOnly)
	if err == nil {
		f.name = tree.Name.Name
	}
	return f
}

// syntax returns a file's tree as far as it parses, with names resolved within it.
func (f *file) syntax() *ast.File {
	if f.tree != nil {
		return f.tree
	}
	f.fset = token.NewFileSet()
	tree, err := parser.ParseFile(f.fset, "", f.text, parser.ParseComments)
	f.tree, f.bad = tree, err != nil
	if tree == nil || tree.Name == nil {
		f.tree = &ast.File{Name: ast.NewIdent("")}
	}
	return f.tree
}

// broken says whether a file does not parse whole.
func (f *file) broken() bool {
	f.syntax()
	return f.bad
}

// position is a place in the file itself, whatever //line says.
func (f *file) position(pos token.Pos) token.Position {
	f.syntax()
	return f.fset.PositionFor(pos, false)
}

// layout is where in a submission the packages of the lab are.
type layout struct {
	raft, kv string // folders; "" for none
	root     string // the folder that they lie in
	mod      string // the folder of their go.mod; "" if there is none
	module   string // its path
	language string // the version of Go that it names
	dirs     map[string][]*file
}

// lay finds the packages of the lab. An error is a *Refusal.
func lay(b *bundle, kvToo bool) (layout, error) {
	l := layout{dirs: map[string][]*file{}}
	for _, at := range slices.Sorted(maps.Keys(b.files)) {
		if isGo(at) {
			l.dirs[path.Dir(at)] = append(l.dirs[path.Dir(at)], newFile(at, b.files[at]))
		}
	}
	raft, services := l.find("raft", "Make"), []string(nil)
	if kvToo {
		services = l.find("kvraft", "StartKVServer")
	}
	if together := slices.DeleteFunc(slices.Clone(raft), func(dir string) bool {
		return !slices.ContainsFunc(services, func(kv string) bool { return path.Dir(kv) == path.Dir(dir) })
	}); len(together) > 0 {
		raft = together
	}
	raft = highest(raft)
	if len(raft) > 1 {
		return l, notAccepted("", "holds package raft more than once: %s; hand in one", strings.Join(raft, ", "))
	}
	if len(raft) == 1 {
		l.raft, l.root = raft[0], path.Dir(raft[0])
		services = slices.DeleteFunc(services, func(kv string) bool { return path.Dir(kv) != l.root })
	}
	services = highest(services)
	switch {
	case len(services) > 1:
		return l, notAccepted("", "holds package kvraft more than once: %s; hand in one", strings.Join(services, ", "))
	case len(services) == 1:
		l.kv, l.root = services[0], path.Dir(services[0])
	case l.raft == "":
		return l, nothing(b)
	}
	l.findMod(b)
	l.infer()
	return l, nil
}

// nothing says that a submission has no packages of the lab, and what it has.
func nothing(b *bundle) error {
	goFiles := 0
	for at := range b.files {
		if isGo(at) {
			goFiles++
		}
	}
	slices.Sort(b.nested)
	switch {
	case len(b.nested) > 0 && goFiles == 0:
		return notAccepted("", "holds no Go files, but another archive, %s: hand in what is in that",
			shown(b.nested[0]))
	case goFiles == 0:
		return notAccepted("", "holds no Go files: expected raft/raft.go")
	}
	return notAccepted("", "holds no package raft: expected raft/raft.go, with func Make")
}

// find returns the folders that may hold the package of that name, the likeliest ones: those that are called so, and of
// these those that declare a function that the package must have.
func (l layout) find(name, function string) []string {
	var found []string
	for _, dir := range slices.Sorted(maps.Keys(l.dirs)) {
		if slices.ContainsFunc(l.dirs[dir], func(f *file) bool {
			return !f.test() && (f.name == name || f.name == "" && path.Base(dir) == name)
		}) {
			found = append(found, dir)
		}
	}
	for _, likely := range []func(dir string) bool{
		func(dir string) bool { return path.Base(dir) == name },
		func(dir string) bool {
			return slices.ContainsFunc(l.dirs[dir], func(f *file) bool { return !f.test() && declares(f, function) })
		},
	} {
		some := slices.DeleteFunc(slices.Clone(found), func(dir string) bool { return !likely(dir) })
		if len(some) > 0 {
			found = some
		}
	}
	return found
}

// highest returns those of the folders that lie fewest levels below the root.
func highest(dirs []string) []string {
	depth := func(dir string) int {
		if dir == "." {
			return 0
		}
		return 1 + strings.Count(dir, "/")
	}
	if len(dirs) == 0 {
		return nil
	}
	least := depth(slices.MinFunc(dirs, func(a, b string) int { return depth(a) - depth(b) }))
	return slices.DeleteFunc(slices.Clone(dirs), func(dir string) bool { return depth(dir) != least })
}

// findMod looks for the go.mod that the packages were built with.
func (l *layout) findMod(b *bundle) {
	start := l.raft
	if start == "" {
		start = l.kv
	}
	for dir := start; ; dir = path.Dir(dir) {
		if text, found := b.files[path.Join(dir, "go.mod")]; found {
			l.mod = dir
			l.module, l.language = build.ParseMod(text)
			return
		}
		if dir == "." {
			return
		}
	}
}

// infer takes the module's path from how the lab's packages are imported, where the go.mod did not come along.
func (l *layout) infer() {
	for _, dir := range []string{l.raft, l.kv} {
		for _, f := range l.dirs[dir] {
			for _, p := range importsOf(f) {
				home, name := path.Split(p)
				home = strings.TrimSuffix(home, "/")
				if name != "labrpc" && name != "labgob" || home == "" || strings.HasPrefix(p, ".") {
					continue
				}
				if !slices.Contains(given, build.Local("raft", p, l.homes())) {
					l.module, l.mod = home, l.root
					return
				}
			}
		}
	}
}

// homes are the import paths of the folder that the packages lie in.
func (l layout) homes() []string {
	if l.module == "" || l.mod == l.raft && l.mod != l.root {
		return nil
	}
	rel := strings.TrimPrefix(strings.TrimPrefix(l.root, l.mod), "/")
	if l.mod == "." {
		rel = l.root
	}
	if rel == "" || rel == "." {
		return []string{l.module}
	}
	return []string{path.Join(l.module, rel), l.module}
}

// given are the packages that the course has, whatever copies come with a submission.
var given = []string{"labrpc", "labgob", "porcupine", "porcupine/models"}

// locate returns the folder of the submission that an import of a file leads to, and where it goes below the folder
// that is built; the folder is "" if that is a package of the lab's own, both are if it is neither.
func (l layout) locate(from, importPath string) (dir, rest string) {
	rest = build.Local(from, importPath, l.homes())
	switch {
	case strings.HasPrefix(importPath, "raftlab/internal/"):
		return "", "" // the grader's, whatever copies come with a submission
	case rest == "" || rest == "." || strings.HasPrefix(rest, ".."):
		return "", ""
	case rest == "raft":
		return l.raft, rest
	case rest == "kvraft":
		return l.kv, rest
	case slices.Contains(given, rest):
		return "", rest
	}
	places := []string{path.Join(l.root, rest), path.Join(l.mod, rest)}
	if below, cut := strings.CutPrefix(rest, "raft/"); cut && l.raft != "" {
		places = []string{path.Join(l.raft, below)}
	} else if below, cut := strings.CutPrefix(rest, "kvraft/"); cut && l.kv != "" {
		places = []string{path.Join(l.kv, below)}
	}
	for _, place := range places {
		if slices.ContainsFunc(l.dirs[place], func(f *file) bool { return !f.test() }) {
			return place, rest
		}
	}
	return "", ""
}

// declares says whether a file declares a name at its top level.
func declares(f *file, name string) bool {
	return slices.Contains(declared(f), name)
}

// declared returns the names that a file declares at its top level, but for methods.
func declared(f *file) []string {
	var names []string
	for _, decl := range f.syntax().Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				names = append(names, d.Name.Name)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					names = append(names, s.Name.Name)
				case *ast.ValueSpec:
					for _, name := range s.Names {
						names = append(names, name.Name)
					}
				}
			}
		}
	}
	return names
}

// methods returns the methods that a file declares, as "Type.Name".
func methods(f *file) []string {
	var names []string
	for _, decl := range f.syntax().Decls {
		if d, is := decl.(*ast.FuncDecl); is && d.Recv != nil && len(d.Recv.List) > 0 {
			names = append(names, fmt.Sprintf("%s.%s", receiver(d), d.Name.Name))
		}
	}
	return names
}

// receiver returns the name of the type that a method is of.
func receiver(d *ast.FuncDecl) string {
	name := ""
	ast.Inspect(d.Recv.List[0].Type, func(n ast.Node) bool {
		if id, is := n.(*ast.Ident); is && name == "" {
			name = id.Name
		}
		return name == ""
	})
	return name
}
