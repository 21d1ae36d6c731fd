package intake

import (
	"go/ast"
	"go/token"
	"path"
	"slices"
	"strings"
)

// persisterNames are what the lab's persister.go declares, in one edition or another.
var persisterNames = strings.Fields(`Persister MakePersister clone Persister.Copy Persister.ReadRaftState
	Persister.RaftStateSize Persister.ReadSnapshot Persister.SnapshotSize Persister.SaveRaftState
	Persister.SaveStateAndSnapshot Persister.Save OpenPersister Persister.Watch`)

// harnessNames are what other packages of the lab's own declare for everybody.
var harnessNames = map[string][]string{
	"labrpc": strings.Fields(`Network MakeNetwork Network.MakeEnd Network.AddServer Network.DeleteServer Network.Connect
		Network.Enable Network.Reliable Network.LongDelays Network.LongReordering Network.Cleanup Network.GetCount
		Network.GetTotalCount Network.GetTotalBytes Server MakeServer Server.AddService Server.GetCount Service
		MakeService ClientEnd ClientEnd.Call`),
	"labgob": strings.Fields(`LabEncoder NewEncoder LabEncoder.Encode LabEncoder.EncodeValue LabDecoder NewDecoder
		LabDecoder.Decode Register RegisterName`),
}

// configNames are what the lab's config.go declares, beside methods, for raft or for kvraft.
var configNames = strings.Fields(`config make_config randstring makeSeed ncpu_once random_handles SnapShotInterval`)

// deliveryFields are those of ApplyMsg, in one edition or another.
var deliveryFields = strings.Fields(`CommandValid Command CommandIndex
	SnapshotValid Snapshot SnapshotTerm SnapshotIndex`)

// persister says whether a persister.go, which is left out, is the lab's.
func (c *collection) persister(f *file) {
	if added := beyond(exported(append(declared(f), methods(f)...)), persisterNames); len(added) > 0 {
		c.replaced(f.path, added)
	}
}

// replaced says that what is left out has names that ours has not.
func (c *collection) replaced(at string, added []string) {
	c.note("%s was changed, and the course's stands in its place, which has no %s", shown(at),
		strings.Join(added, ", "))
}

// harness adds a note on what is left out because the course has it too, and whether it is as the lab handed it out.
func (c *collection) harness() {
	var all []string
	for _, f := range c.left {
		if f.test() {
			continue
		}
		all = append(all, shown(f.path))
		if added := beyond(declared(f), configNames); path.Base(f.path) == "config.go" && len(added) > 0 {
			c.replaced(f.path, added)
		}
	}
	for _, name := range append([]string{"models"}, given...) {
		if dir := path.Join(c.layout.root, name); len(c.layout.dirs[dir]) > 0 && c.dirs[dir] == "" {
			all = append(all, shown(dir))
		}
	}
	slices.Sort(all)
	if len(all) > 0 {
		c.note("left out, since the course's own stand in their place: %s", strings.Join(all, ", "))
	}
}

// exported returns those of the names, of functions, types and methods, that other packages see.
func exported(names []string) []string {
	return slices.DeleteFunc(names, func(name string) bool {
		typ, method, is := strings.Cut(name, ".")
		return !ast.IsExported(typ) || is && !ast.IsExported(method)
	})
}

// changes adds notes on what is not as the lab handed it out. Of copies of our own packages, which have more names, it
// says nothing.
func (c *collection) changes(edition string) {
	for _, name := range []string{"labgob", "labrpc"} {
		if edition == editionOurs {
			break
		}
		dir := path.Join(c.layout.root, name)
		var names []string
		for _, f := range c.layout.dirs[dir] {
			if !f.test() {
				names = append(names, declared(f)...)
				names = append(names, methods(f)...)
			}
		}
		if added := beyond(exported(names), harnessNames[name]); len(added) > 0 {
			c.replaced(dir, added)
		}
	}
	d := c.delivery()
	if added := beyond(d.fields, deliveryFields); len(added) > 0 {
		c.note("%s:%d: ApplyMsg was changed: it has %s, which the tests pass over", shown(d.file.path), d.line,
			strings.Join(added, ", "))
	}
}

// beyond returns, sorted, the names that are not known.
func beyond(names, known []string) []string {
	names = slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return slices.Contains(known, name) || name == "_" || name == "init"
	})
	slices.Sort(names)
	return slices.Compact(names)
}

// delivery is a submission's type ApplyMsg.
type delivery struct {
	file         *file // nil: there is none
	line, column int
	fields       []string
	opaque       bool // it is no struct with fields of its own: only a compiler can tell what it has
}

// delivery looks for it in package raft.
func (c *collection) delivery() (d delivery) {
	for _, f := range c.raft() {
		for _, decl := range f.syntax().Decls {
			types, is := decl.(*ast.GenDecl)
			if !is || types.Tok != token.TYPE {
				continue
			}
			for _, spec := range types.Specs {
				s := spec.(*ast.TypeSpec)
				if s.Name.Name != "ApplyMsg" {
					continue
				}
				at := f.position(s.Pos())
				d = delivery{file: f, line: at.Line, column: at.Column}
				d.read(s.Type)
				return d
			}
		}
	}
	return d
}

func (d *delivery) read(typ ast.Expr) {
	fields, is := typ.(*ast.StructType)
	if d.opaque = !is; d.opaque {
		return
	}
	for _, field := range fields.Fields.List {
		d.opaque = d.opaque || len(field.Names) == 0 // embedded
		for _, name := range field.Names {
			d.fields = append(d.fields, name.Name)
		}
	}
}

// raft returns the files of package raft itself that are taken.
func (c *collection) raft() []*file { return c.of("raft") }

func (c *collection) of(as string) []*file {
	var files []*file
	for _, f := range c.files {
		if path.Dir(f.as) == as {
			files = append(files, f.file)
		}
	}
	return files
}
