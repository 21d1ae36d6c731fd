package tidy

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// Finding is one place where the repository breaks a rule.
type Finding struct {
	Path string // the file or folder
	Line int    // from 1; 0 for all of Path
	What string // what is wrong there, and what to do
}

// String is in the form that editors jump to.
func (f Finding) String() string {
	if f.Line == 0 {
		return fmt.Sprintf("%s: %s", f.Path, f.What)
	}
	return fmt.Sprintf("%s:%d: %s", f.Path, f.Line, f.What)
}

// Rule is one rule of the house.
type Rule struct {
	Name  string
	Check func(*Repo) []Finding
}

// Rules returns all rules.
func Rules() []Rule {
	return []Rule{
		{"import-direction", importDirection},
		{"allowed-modules", allowedModules},
		{"pure-core", pureCore},
		{"no-tester-in-production", noTesterInProduction},
		{"package-docs", packageDocs},
		{"exported-docs", exportedDocs},
		{"file-length", fileLength},
		{"function-length", functionLength},
		{"no-skips", noSkips},
		{"libraries-return", librariesReturn},
		{"harness-time", harnessTime},
		{"no-leftovers", noLeftovers},
		{"no-machine-words", noMachineWords},
		{"links-resolve", linksResolve},
		{"mapped", mapped},
		{"lab-tests", labTests},
	}
}

// Allowed is what a rule forbids and the house wants all the same, with the reason. A key is the rule's
// name, a blank, and the finding's path.
func Allowed() map[string]string {
	return map[string]string{
		"harness-time internal/suite/testing.go": "no scenario: go test's side of the registry, which draws " +
			"a seed from the time",
		"function-length internal/tester/run_test.go":  "one table: a row for each way to break an invariant",
		"function-length labgob/errors_test.go":        "one table: a row for each thing gob cannot carry",
		"function-length raft/core/acceptable_test.go": "one table: a row for each impossible message",
		"function-length raft/core/check_test.go":      "one table: a row for each broken invariant",
	}
}

// Apply returns what rule finds in r, less what allowed has a reason for; an allowance of this rule that
// fits no finding is itself one.
func Apply(rule Rule, r *Repo, allowed map[string]string) []Finding {
	var left []Finding
	used := map[string]bool{}
	for _, finding := range rule.Check(r) {
		key := rule.Name + " " + finding.Path
		if allowed[key] == "" {
			left = append(left, finding)
		}
		used[key] = true
	}
	for _, key := range slices.Sorted(maps.Keys(allowed)) {
		var name, path string
		if n, _ := fmt.Sscan(key, &name, &path); n == 2 && name == rule.Name && !used[key] {
			left = append(left, Finding{Path: path, What: "is allowed to break " + name + " but does not: " +
				"take the line out of Allowed"})
		}
	}
	slices.SortStableFunc(left, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Line, b.Line))
	})
	return left
}
