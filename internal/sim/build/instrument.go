package build

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
)

// meterPackage is where the calls lead that are put into the code.
const meterPackage = module + "/internal/sim/meter"

// instrumenter puts calls of the meter into one file.
type instrumenter struct {
	file  *token.File
	ast   *ast.File
	text  []byte
	meter string // the name by which the file imports the meter
	path  string // of the meter

	edits    edits
	sites    []Site // File is not filled in
	base     uint32 // ids begin above it
	function string // the declaration that is being walked
}

// parse returns a file's tree with its comments; the error is a scanner.ErrorList.
func parse(name string, text []byte) (*token.File, *ast.File, error) {
	fset := token.NewFileSet()
	tree, err := parser.ParseFile(fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, nil, err
	}
	return fset.File(tree.FileStart), tree, nil
}

// meterName returns a name for the meter that no identifier in the files of one package has, so that it
// neither hides a name nor is hidden.
func meterName(files []*ast.File) string {
	taken := map[string]bool{}
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			if id, is := n.(*ast.Ident); is {
				taken[id.Name] = true
			}
			return true
		})
	}
	name := "raftlab_meter"
	for taken[name] {
		name += "_"
	}
	return name
}

// run makes all edits and says whether any was made that calls the meter.
func (in *instrumenter) run() bool {
	for _, decl := range in.ast.Decls {
		in.function = ""
		if f, is := decl.(*ast.FuncDecl); is {
			if f.Body == nil {
				continue
			}
			in.function = nameOf(f)
			in.body(f.Pos(), f.Body)
			continue
		}
		in.walk(decl, nil)
	}
	if len(in.sites) == 0 {
		return false
	}
	in.insert(in.ast.Name.End(), fmt.Sprintf(";import %s %q", in.meter, in.path))
	return true
}

// nameOf is a function's name as traces have it, without its package.
func nameOf(f *ast.FuncDecl) string {
	if f.Recv == nil || len(f.Recv.List) == 0 {
		return f.Name.Name
	}
	typ, star := f.Recv.List[0].Type, false
	for {
		switch t := typ.(type) {
		case *ast.ParenExpr:
			typ = t.X
		case *ast.StarExpr:
			typ, star = t.X, true
		case *ast.IndexExpr:
			typ = t.X
		case *ast.IndexListExpr:
			typ = t.X
		case *ast.Ident:
			if star {
				return "(*" + t.Name + ")." + f.Name.Name
			}
			return t.Name + "." + f.Name.Name
		default:
			return f.Name.Name
		}
	}
}

// body meters the body of a function that begins at pos.
func (in *instrumenter) body(pos token.Pos, body *ast.BlockStmt) {
	if calls(body) {
		in.call("Enter", pos, body.Lbrace+1)
	}
	labels := map[string]token.Pos{}
	inspect(body, func(n ast.Node) {
		if l, is := n.(*ast.LabeledStmt); is {
			labels[l.Label.Name] = l.Pos()
		}
	})
	in.walk(body, labels)
}

// walk meters what is in n, and bodies of functions in it as functions of their own. The labels are those of the
// function around n.
func (in *instrumenter) walk(n ast.Node, labels map[string]token.Pos) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			in.body(n.Pos(), n.Body)
			return false
		case *ast.BlockStmt:
			in.list(n.List, labels)
		case *ast.CaseClause:
			in.list(n.Body, labels)
		case *ast.CommClause:
			in.list(n.Body, labels)
		case *ast.ForStmt:
			in.call("Loop", n.Pos(), n.Body.Lbrace+1)
			if meets(n.Cond) || meets(n.Post) {
				in.call("Point", n.Pos(), n.Body.Lbrace+1)
			}
		case *ast.RangeStmt:
			in.call("Loop", n.Pos(), n.Body.Lbrace+1)
		}
		return true
	})
}

// list puts calls between the statements of a list.
func (in *instrumenter) list(list []ast.Stmt, labels map[string]token.Pos) {
	for _, s := range list {
		at, inner := s.Pos(), unlabelled(s)
		switch inner.(type) {
		case *ast.ForStmt, *ast.RangeStmt, *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.SelectStmt:
			// A label that break or continue name has to stay in front of its statement.
		default:
			at = inner.Pos()
		}
		if jump, is := inner.(*ast.BranchStmt); is && jump.Tok == token.GOTO {
			if target, known := labels[jump.Label.Name]; known && target <= jump.Pos() {
				in.call("Loop", jump.Pos(), at)
			}
		}
		if points(inner) {
			in.call("Point", inner.Pos(), at)
		}
	}
}

func unlabelled(s ast.Stmt) ast.Stmt {
	for {
		l, is := s.(*ast.LabeledStmt)
		if !is {
			return s
		}
		s = l.Stmt
	}
}

// call inserts a call of the meter at a place, for a new site at pos.
func (in *instrumenter) call(name string, pos, at token.Pos) {
	p := in.file.PositionFor(pos, false)
	id := in.base + uint32(len(in.sites)) + 1
	in.sites = append(in.sites, Site{ID: id, Line: p.Line, Column: p.Column, Function: in.function})
	in.insert(at, fmt.Sprintf("%s.%s(%d);", in.meter, name, id))
}

func (in *instrumenter) insert(at token.Pos, text string) {
	in.edits.replace(in.file.Offset(at), 0, text)
}

// points says whether goroutines may meet in what statement s does before it comes to statements inside it.
func points(s ast.Stmt) bool {
	switch s := s.(type) {
	case *ast.GoStmt, *ast.SelectStmt, *ast.SendStmt:
		return true
	case *ast.DeferStmt:
		for _, arg := range s.Call.Args {
			if meets(arg) {
				return true
			}
		}
		made, is := s.Call.Fun.(*ast.CallExpr)
		return is && meets(made)
	case *ast.IfStmt:
		return meets(s.Init) || meets(s.Cond) || s.Else != nil && points(s.Else)
	case *ast.SwitchStmt:
		if meets(s.Init) || meets(s.Tag) {
			return true
		}
		for _, c := range s.Body.List {
			for _, e := range c.(*ast.CaseClause).List {
				if meets(e) {
					return true
				}
			}
		}
		return false
	case *ast.TypeSwitchStmt:
		return meets(s.Init) || meets(s.Assign)
	case *ast.ForStmt:
		return meets(s.Init) || meets(s.Cond)
	case *ast.RangeStmt:
		return meets(s.X)
	case *ast.ExprStmt, *ast.IncDecStmt, *ast.AssignStmt, *ast.ReturnStmt, *ast.DeclStmt:
		return meets(s)
	}
	return false
}

// meets says whether evaluating n, which may be nil, can meet another goroutine: by a channel, or by a call
// whose name says so. Bodies of functions in it are not evaluated.
func meets(n ast.Node) bool {
	found := false
	inspect(n, func(n ast.Node) {
		switch n := n.(type) {
		case *ast.SendStmt:
			found = true
		case *ast.UnaryExpr:
			found = found || n.Op == token.ARROW
		case *ast.CallExpr:
			found = found || meeting(n.Fun)
		}
	})
	return found
}

// meeting says whether what is called is, by its name, something at which goroutines meet.
func meeting(called ast.Expr) bool {
	switch f := called.(type) {
	case *ast.Ident:
		return f.Name == "close"
	case *ast.SelectorExpr:
		switch name := f.Sel.Name; name {
		case "Lock", "RLock", "TryLock", "TryRLock", "Wait", "Call":
			return true
		default:
			return strings.HasPrefix(name, "Load") || strings.HasPrefix(name, "Store") ||
				strings.HasPrefix(name, "Swap") || strings.HasPrefix(name, "CompareAndSwap")
		}
	}
	return false
}

// cheap are the names of builtin functions and types: "calls" of these cannot recurse.
var cheap = map[string]bool{"append": true, "cap": true, "clear": true, "close": true, "complex": true, "copy": true,
	"delete": true, "imag": true, "len": true, "make": true, "max": true, "min": true, "new": true, "panic": true,
	"print": true, "println": true, "real": true, "recover": true, "string": true, "int": true, "int8": true,
	"int16": true, "int32": true, "int64": true, "uint": true, "uint8": true, "uint16": true, "uint32": true,
	"uint64": true, "uintptr": true, "byte": true, "rune": true, "float32": true, "float64": true, "bool": true,
	"any": true, "error": true}

// calls says whether a function's body calls anything. One that does not is left to be inlined.
func calls(body *ast.BlockStmt) bool {
	found := false
	inspect(body, func(n ast.Node) {
		if c, is := n.(*ast.CallExpr); is {
			id, named := c.Fun.(*ast.Ident)
			found = found || !named || !cheap[id.Name]
		}
	})
	return found
}

// inspect visits n, which may be nil, and all below it but the bodies of function literals.
func inspect(n ast.Node, visit func(ast.Node)) {
	if n == nil {
		return
	}
	ast.Inspect(n, func(n ast.Node) bool {
		if _, is := n.(*ast.FuncLit); is || n == nil {
			return false
		}
		visit(n)
		return true
	})
}
