package build

import (
	"path"
	"slices"
	"strings"
)

// Local returns where in a submission a package lies that a file of it imports: at names the folder of the file and
// the result that of the package, both from the folder that raft and kvraft lie in, as "raft" or "utils/set". Modules
// are import paths of that folder, beside "raftlab", "6.824" and "6.5840", which always are. A path of none of these
// is taken for one below a GOPATH unless the standard library's begin so. "" means that the package cannot be of the
// submission.
func Local(at, importPath string, modules []string) string {
	if first, _, _ := strings.Cut(importPath, "/"); first == "." || first == ".." {
		rest := path.Join(at, importPath)
		if rest == ".." || strings.HasPrefix(rest, "../") {
			return ""
		}
		return rest
	}
	for _, prefix := range append(slices.Clone(modules), "raftlab", "6.824", "6.5840") {
		if r, cut := strings.CutPrefix(importPath, prefix+"/"); cut && prefix != "" {
			return strings.TrimPrefix(path.Clean(r), "src/")
		}
	}
	rest := strings.TrimPrefix(path.Clean(importPath), "src/")
	first, _, _ := strings.Cut(rest, "/")
	if standard[first] || rest == "." || strings.HasPrefix(rest, "/") || strings.HasPrefix(rest, "..") {
		return ""
	}
	return rest
}

// Standard says whether an import path is one of the standard library's, as far as its first element tells.
func Standard(importPath string) bool {
	first, _, _ := strings.Cut(importPath, "/")
	return standard[first]
}

// standard are the first elements of the standard library's import paths, and what only looks like one.
var standard = func() map[string]bool {
	names := map[string]bool{}
	for name := range strings.FieldsSeq(`C archive bufio builtin bytes cmd cmp compress container context crypto database
		debug embed encoding errors expvar flag fmt go hash html image index internal io iter log maps math mime net os
		path plugin reflect regexp runtime slices sort strconv strings structs sync syscall testing text time unicode
		unique unsafe vendor weak`) {
		names[name] = true
	}
	return names
}()
