package tidy

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// row says what the packages at and below a folder may import of this module, beside each other.
type row struct {
	production []string
	tests      []string // what their tests may import on top of that
}

// table is the direction of imports, DESIGN §2 line by line; a package that fits no row needs one. The
// nested module bench is outside: nothing can import it.
var table = map[string]row{
	"cmd": {production: []string{"internal/kvd", "internal/chaos", "internal/bench", "internal/grader",
		"internal/handout", "internal/hunt", "internal/mutants", "internal/timeline", "internal/sim",
		"internal/sim/build", "internal/suite", "internal/tester", "internal/trace", "internal/runner", "porcupine"}},
	"internal/kvd": {production: []string{"raft/core", "kvraft/state", "internal/wal", "internal/bitcask",
		"internal/transport", "internal/trace"}},
	"internal/grader": {production: []string{"internal/sim", "internal/sim/build", "internal/suite", "internal/tester",
		"internal/trace", "internal/timeline"}},
	"internal/suite": {production: []string{"internal/tester"}},
	"internal/sim": {production: []string{"internal/sim/build", "internal/sim/meter", "internal/suite",
		"internal/tester", "internal/trace", "labrpc"}},
	// What a peer of the simulator is built from, around a student's packages.
	"internal/sim/guest": {production: []string{"internal/sim", "internal/sim/meter", "raft", "kvraft", "labrpc"}},
	"internal/tester":    {production: []string{"labrpc", "porcupine", "internal/trace"}},
	"kvraft": {production: []string{"kvraft/state", "raft", "labrpc", "labgob", "internal/trace"},
		tests: []string{"internal/suite", "internal/tester"}},
	"raft": {production: []string{"raft/core", "raft/disk", "labrpc", "labgob", "internal/trace"},
		tests: []string{"internal/suite", "internal/tester"}},
	"labrpc": {production: []string{"labgob", "internal/trace"}},

	// Not in DESIGN: tests of what our own Raft promises beyond the lab's API.
	"internal/reference": {tests: []string{"raft", "raft/core", "kvraft", "kvraft/state", "labrpc", "labgob",
		"porcupine", "internal/suite", "internal/tester", "internal/trace"}},

	// Not in DESIGN's table: drawn schedules of faults until one fails, and what is left of that one.
	"internal/hunt": {production: []string{"internal/sim", "internal/sim/build", "internal/suite", "internal/tester",
		"internal/trace"}},

	// Not in DESIGN's table: wrong Rafts, for each of which there are scenarios that must catch it.
	"internal/mutants": {production: []string{"internal/hunt", "internal/sim", "internal/sim/build", "internal/suite",
		"internal/tester", "internal/trace"}},

	// Not in DESIGN's table: what a student gets is made of the tree's files and tried as a student would.
	"internal/handout": {production: []string{"internal/sim", "internal/sim/build", "internal/suite"}},

	// The leaves: they import nothing of this module.
	"raft/disk":      {production: []string{"raft/core"}},
	"internal/trace": {}, "labgob": {}, "porcupine": {}, "raft/core": {}, "kvraft/state": {},
	"internal/tidy": {}, "internal/runner": {}, "internal/sim/meter": {}, "internal/sim/build": {},
}

// student is what a student builds: of other modules, only modules, below.
var student = []string{"labgob", "labrpc", "porcupine", "raft", "kvraft", "internal/tester", "internal/suite",
	"internal/trace"}

// modules are the other modules that a student's build may use, each with the one package of ours that
// may import it; an empty string means all of them.
var modules = map[string]string{
	"github.com/sasha-s/go-deadlock": "",
	"golang.org/x/exp/rand":          "labrpc", // the network's seeded source
}

// production is what runs where no test does: it must not reach the tester, however indirectly.
var production = []string{"labgob", "labrpc", "porcupine", "raft", "kvraft", "internal/trace", "internal/kvd",
	"internal/wal", "internal/bitcask", "internal/transport", "internal/pb", "cmd/kvd", "cmd/kvctl"}

// impure is what would make the core depend on more than its inputs.
var impure = []string{"time", "net", "os", "sync", "math/rand", "crypto/rand", "golang.org/x/exp/rand"}

// imports calls visit for each import of f.
func imports(f *File, visit func(line int, path string)) {
	for _, spec := range f.AST.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err == nil { // the parser lets nothing else through
			visit(f.Line(spec), path)
		}
	}
}

// ours returns path within this module, and whether it lies there.
func ours(path string) (string, bool) {
	return strings.CutPrefix(path, Module+"/")
}

// below reports whether path is dir or lies in it.
func below(path, dir string) bool {
	return path == dir || strings.HasPrefix(path, dir+"/")
}

// belowAny reports whether path lies in one of dirs.
func belowAny(path string, dirs []string) bool {
	return slices.ContainsFunc(dirs, func(dir string) bool { return below(path, dir) })
}

// rowOf returns the key of the row that holds the package at dir: the longest that fits.
func rowOf(dir string) string {
	best := ""
	for key := range table {
		if below(dir, key) && len(key) > len(best) {
			best = key
		}
	}
	return best
}

func importDirection(r *Repo) []Finding {
	var found []Finding
	for dir, files := range r.Packages() {
		if below(dir, "bench") {
			continue
		}
		key := rowOf(dir)
		if key == "" {
			found = append(found, Finding{Path: dir, What: "has no row in the import table (internal/tidy/imports.go)"})
			continue
		}
		for _, f := range files {
			allowed := slices.Clone(table[key].production)
			if f.IsTest() {
				allowed = append(allowed, table[key].tests...)
			}
			imports(f, func(line int, path string) {
				target, ok := ours(path)
				if !ok || rowOf(target) == key || slices.Contains(allowed, rowOf(target)) {
					return
				}
				found = append(found, Finding{f.Path, line,
					fmt.Sprintf("imports %s; %s may import %s of this module", target, key, list(allowed))})
			})
		}
	}
	return found
}

// list is names as people write them.
func list(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return "only " + strings.Join(names, ", ")
}

func allowedModules(r *Repo) []Finding {
	var found []Finding
	for _, f := range r.GoFiles() {
		imports(f, func(line int, path string) {
			if user, known := modules[path]; known && user != "" && !below(f.Dir(), user) {
				found = append(found, Finding{f.Path, line, "imports " + path + ", which is for " + user + " alone"})
				return
			}
			first, _, _ := strings.Cut(path, "/")
			foreign := strings.Contains(first, ".")
			if _, known := modules[path]; foreign && !known && belowAny(f.Dir(), student) {
				found = append(found, Finding{f.Path, line, fmt.Sprintf("imports %s; what a student builds uses the "+
					"standard library and %s", path, list(slices.Sorted(maps.Keys(modules))))})
			}
		})
	}
	return found
}

func pureCore(r *Repo) []Finding {
	var found []Finding
	for _, f := range r.GoFiles() {
		if !below(f.Dir(), "raft/core") || f.IsTest() {
			continue
		}
		imports(f, func(line int, path string) {
			if belowAny(path, impure) {
				found = append(found, Finding{f.Path, line,
					"imports " + path + "; the core's outputs follow from its inputs alone"})
			}
		})
	}
	return found
}

func noTesterInProduction(r *Repo) []Finding {
	edges := map[string][]string{}
	for dir, files := range r.Packages() {
		for _, f := range files {
			if f.IsTest() {
				continue
			}
			imports(f, func(_ int, path string) {
				if target, ok := ours(path); ok && !slices.Contains(edges[dir], target) {
					edges[dir] = append(edges[dir], target)
				}
			})
		}
	}
	var found []Finding
	for dir := range edges {
		if !belowAny(dir, production) {
			continue
		}
		if chain := pathTo(edges, dir, []string{"internal/tester", "internal/suite"}, nil); chain != nil {
			found = append(found, Finding{Path: dir, What: "is production code and imports the tester: " +
				strings.Join(chain, " → ")})
		}
	}
	return found
}

// pathTo returns a way from dir along edges to one of targets, or nil. No import cycle compiles, but
// before is kept so that one ends here too.
func pathTo(edges map[string][]string, dir string, targets, before []string) []string {
	chain := append(slices.Clone(before), dir)
	if belowAny(dir, targets) {
		return chain
	}
	for _, next := range edges[dir] {
		if !slices.Contains(chain, next) {
			if found := pathTo(edges, next, targets, chain); found != nil {
				return found
			}
		}
	}
	return nil
}
