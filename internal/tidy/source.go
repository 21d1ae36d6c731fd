package tidy

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// The limits of the house, in lines. The aim is lower: 400 and 60.
const (
	maxFileLines     = 450
	maxFunctionLines = 75
)

func packageDocs(r *Repo) []Finding {
	var found []Finding
	for dir, files := range r.Packages() {
		inside := slices.DeleteFunc(slices.Clone(files), func(f *File) bool {
			return f.IsTest() && strings.HasSuffix(f.AST.Name.Name, "_test")
		})
		if len(inside) == 0 { // nothing but tests from outside
			inside = files
		}
		name := inside[0].AST.Name.Name
		begin := "Package " + name + " "
		if name == "main" {
			begin = "Command "
		}
		if !slices.ContainsFunc(inside, func(f *File) bool { return strings.HasPrefix(f.AST.Doc.Text(), begin) }) {
			found = append(found, Finding{Path: dir, What: fmt.Sprintf("no file of package %s begins with a "+
				`comment "%s…"`, name, begin)})
		}
	}
	return found
}

func exportedDocs(r *Repo) []Finding {
	var found []Finding
	for _, f := range r.GoFiles() {
		if f.IsTest() || f.Generated() || f.AST.Name.Name == "main" {
			continue
		}
		report := func(n ast.Node, name string) {
			found = append(found, Finding{f.Path, f.Line(n), name + " is exported and has no comment"})
		}
		for _, decl := range f.AST.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				if decl.Name.IsExported() && decl.Doc == nil && exportedReceiver(decl) {
					report(decl, decl.Name.Name)
				}
			case *ast.GenDecl:
				for _, spec := range decl.Specs {
					if name := undocumented(decl, spec); name != "" {
						report(spec, name)
					}
				}
			}
		}
	}
	return found
}

// exportedReceiver reports whether decl is a function, or a method of an exported type.
func exportedReceiver(decl *ast.FuncDecl) bool {
	name := receiver(decl)
	return name == "" || token.IsExported(name)
}

// receiver names the type that decl is a method of; "" for a function.
func receiver(decl *ast.FuncDecl) string {
	if decl.Recv == nil {
		return ""
	}
	typ := decl.Recv.List[0].Type
	for {
		switch t := typ.(type) {
		case *ast.StarExpr:
			typ = t.X
		case *ast.IndexExpr:
			typ = t.X
		case *ast.IndexListExpr:
			typ = t.X
		case *ast.Ident:
			return t.Name
		default:
			return ""
		}
	}
}

// undocumented returns the exported name in spec that no comment covers: neither its own nor the group's.
func undocumented(decl *ast.GenDecl, spec ast.Spec) string {
	switch spec := spec.(type) {
	case *ast.TypeSpec:
		if spec.Name.IsExported() && spec.Doc == nil && (decl.Lparen.IsValid() || decl.Doc == nil) {
			return spec.Name.Name
		}
	case *ast.ValueSpec:
		if decl.Doc != nil || spec.Doc != nil || spec.Comment != nil {
			return ""
		}
		for _, name := range spec.Names {
			if name.IsExported() {
				return name.Name
			}
		}
	}
	return ""
}

func fileLength(r *Repo) []Finding {
	var found []Finding
	for _, f := range r.GoFiles() {
		if lines := strings.Count(f.Text, "\n"); lines > maxFileLines && !f.Generated() {
			found = append(found, Finding{Path: f.Path, What: fmt.Sprintf("has %d lines, more than %d: is it one idea?",
				lines, maxFileLines)})
		}
	}
	return found
}

func functionLength(r *Repo) []Finding {
	var found []Finding
	for _, f := range r.GoFiles() {
		if f.Generated() {
			continue
		}
		for _, decl := range f.AST.Decls {
			function, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			first, last := f.Line(function), f.Fset.Position(function.End()).Line
			if lines := last - first + 1; lines > maxFunctionLines {
				found = append(found, Finding{f.Path, first, fmt.Sprintf("%s has %d lines, more than %d",
					function.Name.Name, lines, maxFunctionLines)})
			}
		}
	}
	return found
}

// calls visits each mention of a name behind a plain identifier in f: the x.y of a call or a value.
func calls(f *File, visit func(n ast.Node, x, y string)) {
	ast.Inspect(f.AST, func(n ast.Node) bool {
		if selector, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := selector.X.(*ast.Ident); ok {
				visit(n, x.Name, selector.Sel.Name)
			}
		}
		return true
	})
}

func noSkips(r *Repo) []Finding {
	var found []Finding
	for _, f := range r.GoFiles() {
		calls(f, func(n ast.Node, x, y string) {
			switch x + "." + y {
			case "t.Skip", "t.Skipf", "t.SkipNow", "tb.Skip", "tb.Skipf", "tb.SkipNow",
				"b.Skip", "b.Skipf", "b.SkipNow", "f.Skip", "f.Skipf", "f.SkipNow":
				found = append(found, Finding{f.Path, f.Line(n), "a skipped test says nothing: make it run, or take it out"})
			}
		})
	}
	return found
}

// ends are calls that take a decision, or a stream, that belongs to the program and not to a library.
var ends = map[string]string{
	"log.Fatal": "return an error", "log.Fatalf": "return an error", "log.Fatalln": "return an error",
	"log.Panic": "return an error", "log.Panicf": "return an error", "log.Panicln": "return an error",
	"os.Exit":   "return an error",
	"fmt.Print": "write to an io.Writer", "fmt.Printf": "write to an io.Writer", "fmt.Println": "write to an io.Writer",
}

func librariesReturn(r *Repo) []Finding {
	var found []Finding
	for _, f := range r.GoFiles() {
		if f.AST.Name.Name == "main" || f.IsTest() {
			continue
		}
		calls(f, func(n ast.Node, x, y string) {
			if advice := ends[x+"."+y]; advice != "" {
				found = append(found, Finding{f.Path, f.Line(n), x + "." + y + " in a library: " + advice})
			}
		})
	}
	return found
}

// ownTime is what of package time makes a scenario wait for, or read, a clock that is not the run's.
var ownTime = map[string]bool{"Sleep": true, "After": true, "AfterFunc": true, "Tick": true, "NewTimer": true,
	"NewTicker": true, "Now": true, "Since": true, "Until": true}

func harnessTime(r *Repo) []Finding {
	var found []Finding
	for _, f := range r.GoFiles() {
		if !below(f.Dir(), "internal/suite") || f.IsTest() {
			continue
		}
		report := func(line int, what string) {
			found = append(found, Finding{f.Path, line, what + " in a scenario: take it from the harness " +
				"(Sleep, Now, Go, Locked, Intn), so that the simulator runs it too"})
		}
		imports(f, func(line int, path string) {
			if belowAny(path, []string{"math/rand", "crypto/rand", "sync"}) {
				report(line, path)
			}
		})
		calls(f, func(n ast.Node, x, y string) {
			if x == "time" && ownTime[y] {
				report(f.Line(n), "time."+y)
			}
		})
		ast.Inspect(f.AST, func(n ast.Node) bool {
			if _, ok := n.(*ast.GoStmt); ok {
				report(f.Line(n), "a go statement")
			}
			return true
		})
	}
	return found
}
