package porcupine

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	ours "raftlab/porcupine"
)

// TestSameNames checks that whatever the rival exports is here too: functions and methods with the
// same parameters and results, types, constants, and fields of structs with the same types.
func TestSameNames(t *testing.T) {
	theirs := exported(t, filepath.Dir(rivalData(t)))
	own := exported(t, filepath.Join("..", "..", "porcupine"))
	if len(theirs) < 60 {
		t.Fatalf("only %d names found in the rival", len(theirs))
	}
	for name, shape := range theirs {
		switch have, ok := own[name]; {
		case !ok:
			t.Errorf("%s is missing", name)
		case have != shape:
			t.Errorf("%s is %s, the rival's is %s", name, have, shape)
		}
	}
}

// exported returns what the package in dir exports, by name ("Type.Field" for fields and methods),
// with its type as text in which interface{} is any and names of parameters are left out.
func exported(t *testing.T, dir string) map[string]string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				name := decl.Name.Name
				if decl.Recv != nil {
					receiver := strings.TrimPrefix(shapeOf(decl.Recv.List[0].Type), "*")
					if !ast.IsExported(receiver) {
						continue
					}
					name = receiver + "." + name
				}
				if decl.Name.IsExported() {
					names[name] = shapeOf(decl.Type)
				}
			case *ast.GenDecl:
				for _, spec := range decl.Specs {
					addSpec(names, spec)
				}
			}
		}
	}
	return names
}

func addSpec(names map[string]string, spec ast.Spec) {
	switch spec := spec.(type) {
	case *ast.ValueSpec:
		for i, name := range spec.Names {
			if name.IsExported() && i < len(spec.Values) {
				names[name.Name] = shapeOf(spec.Type) + " = " + shapeOf(spec.Values[i])
			}
		}
	case *ast.TypeSpec:
		if !spec.Name.IsExported() {
			return
		}
		fields, isStruct := spec.Type.(*ast.StructType)
		if !isStruct {
			names[spec.Name.Name] = shapeOf(spec.Type)
			return
		}
		names[spec.Name.Name] = "struct"
		for _, field := range fields.Fields.List {
			for _, name := range field.Names {
				if name.IsExported() {
					names[spec.Name.Name+"."+name.Name] = shapeOf(field.Type)
				}
			}
		}
	}
}

// shapeOf is the text of the types that occur in these packages.
func shapeOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.BasicLit:
		return e.Value
	case *ast.InterfaceType:
		return "any"
	case *ast.SelectorExpr:
		return shapeOf(e.X) + "." + e.Sel.Name
	case *ast.StarExpr:
		return "*" + shapeOf(e.X)
	case *ast.ArrayType:
		return "[]" + shapeOf(e.Elt)
	case *ast.FuncType:
		return "func(" + listOf(e.Params) + ") (" + listOf(e.Results) + ")"
	}
	return "?"
}

func listOf(fields *ast.FieldList) string {
	var types []string
	if fields != nil {
		for _, f := range fields.List {
			shape := shapeOf(f.Type)
			types = append(types, slices.Repeat([]string{shape}, max(1, len(f.Names)))...)
		}
	}
	return strings.Join(types, ", ")
}

// A model as people write it for the rival, with interface{} and all fields that it has there.
var asWrittenForTheRival = ours.Model{
	Partition:      func(history []ours.Operation) [][]ours.Operation { return [][]ours.Operation{history} },
	PartitionEvent: func(history []ours.Event) [][]ours.Event { return [][]ours.Event{history} },
	Init:           func() interface{} { return 0 },
	Step: func(state, input, output interface{}) (bool, interface{}) {
		if input == nil {
			return output == state, state
		}
		return true, input
	},
	Equal:                     func(a, b interface{}) bool { return a == b },
	Hash:                      func(state interface{}) uint64 { return uint64(state.(int)) },
	DescribeOperation:         func(input, output interface{}) string { return "op" },
	DescribeState:             func(state interface{}) string { return "state" },
	DescribeOperationMetadata: func(info interface{}) string { return "info" },
}

func TestModelWrittenForTheRival(t *testing.T) {
	history := []ours.Event{
		{ClientId: 0, Kind: ours.CallEvent, Value: 3, Id: 0},
		{ClientId: 1, Kind: ours.CallEvent, Id: 1},
		{ClientId: 0, Kind: ours.ReturnEvent, Id: 0},
		{ClientId: 1, Kind: ours.ReturnEvent, Value: 3, Id: 1, Metadata: "read"},
	}
	result, info := ours.CheckEventsVerbose(asWrittenForTheRival, history, 0)
	if result != ours.Ok || len(info.PartialLinearizations()[0][0]) != 2 {
		t.Errorf("%s, %v", result, info.PartialLinearizations())
	}
}
