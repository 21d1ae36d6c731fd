package course

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// reader reads a file and collects what is wrong with it.
type reader struct {
	file string
	errs Errors
}

// complain notes that something is wrong at a node.
func (r *reader) complain(at ast.Node, format string, args ...any) {
	e := Error{File: r.file, Text: fmt.Sprintf(format, args...)}
	if at != nil && at.GetToken() != nil {
		e.Line, e.Column = at.GetToken().Position.Line, at.GetToken().Position.Column
	}
	r.errs = append(r.errs, e)
}

// parse returns the one document of a text; nil if it is empty, or is none.
func (r *reader) parse(text []byte) (body ast.Node) {
	defer func() {
		if p := recover(); p != nil { // the parser is not ours, and the file anybody's
			r.complain(nil, "is no YAML: %v", p)
			body = nil
		}
	}()
	file, err := parser.ParseBytes(text, 0)
	var wrong yaml.Error
	switch {
	case errors.As(err, &wrong) && wrong.GetToken() != nil:
		at := wrong.GetToken().Position
		r.errs = append(r.errs, Error{r.file, at.Line, at.Column, "is no YAML: " + wrong.GetMessage()})
		return nil
	case err != nil:
		r.complain(nil, "is no YAML: %v", err)
		return nil
	}
	for _, doc := range file.Docs {
		switch {
		case doc.Body == nil || doc.Body.Type() == ast.CommentType || doc.Body.Type() == ast.NullType:
		case body != nil:
			r.complain(doc.Body, "a second document begins: want one; take the line --- out")
		default:
			body = doc.Body
		}
	}
	return body
}

// pairs are the entries of a mapping, in the file's order.
func (r *reader) pairs(n ast.Node, path string) []*ast.MappingValueNode {
	switch m := n.(type) {
	case *ast.MappingNode:
		return m.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{m}
	case nil, *ast.NullNode:
		return nil
	}
	r.complain(n, "%s: want keys with values, not %s", path, kindOf(n))
	return nil
}

// keys is what may stand in a mapping, in the order in which errors name it.
type keys []struct {
	name string
	read func(value ast.Node, path string)
}

// mapping reads a mapping whose keys are known.
func (r *reader) mapping(n ast.Node, path string, known keys) {
	seen := map[string]int{}
	for _, pair := range r.pairs(n, path) {
		key := pair.Key.String()
		i := slices.IndexFunc(known, func(k struct {
			name string
			read func(ast.Node, string)
		}) bool {
			return k.name == key
		})
		switch line, twice := seen[key]; {
		case i < 0:
			names := make([]string, len(known))
			for i, k := range known {
				names[i] = k.name
			}
			r.complain(pair.Key, "unknown key %q in %s: known are %s", key, path, strings.Join(names, ", "))
		case twice:
			r.complain(pair.Key, "%s is said twice, first in line %d", join(path, key), line)
		default:
			seen[key] = pair.Key.GetToken().Position.Line
			known[i].read(pair.Value, join(path, key))
		}
	}
}

func join(path, key string) string {
	if path == top {
		return key
	}
	return path + "." + key
}

// top is how errors call the file's outermost mapping.
const top = "the file"

// scalar returns the text of a value that is a string, a number or a truth value.
func (r *reader) scalar(n ast.Node, path string) (string, bool) {
	switch s := n.(type) {
	case *ast.StringNode:
		return s.Value, true
	case *ast.LiteralNode:
		return strings.TrimSpace(s.Value.Value), true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, true
	}
	r.complain(n, "%s: want one value, not %s", path, kindOf(n))
	return "", false
}

// truth reads true or false.
func (r *reader) truth(n ast.Node, path string) bool {
	if b, ok := n.(*ast.BoolNode); ok {
		return b.Value
	}
	r.complain(n, "%s: want true or false, not %s", path, kindOf(n))
	return false
}

// list returns the texts of a sequence, or of a single value, and where they stand.
func (r *reader) list(n ast.Node, path string) (texts []string, nodes []ast.Node) {
	nodes = []ast.Node{n}
	if s, ok := n.(*ast.SequenceNode); ok {
		nodes = s.Values
	}
	for i, value := range nodes {
		text, ok := r.scalar(value, path)
		if !ok {
			return texts, nodes[:i]
		}
		texts = append(texts, text)
	}
	return texts, nodes
}

// kindOf says in words what a node is.
func kindOf(n ast.Node) string {
	switch n := n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "keys with values"
	case *ast.SequenceNode:
		return "a list"
	case *ast.NullNode, nil:
		return "nothing"
	case *ast.AliasNode, *ast.AnchorNode, *ast.MergeKeyNode:
		return "an anchor or alias, which have no meaning here"
	case *ast.TagNode:
		return "a tag, which has no meaning here"
	case *ast.StringNode:
		return fmt.Sprintf("%q", n.Value)
	}
	return n.String()
}
