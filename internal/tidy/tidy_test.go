package tidy_test

import (
	"strings"
	"testing"

	"raftlab/internal/tidy"
)

// TestRepository applies each rule to the repository itself.
func TestRepository(t *testing.T) {
	repo, err := tidy.Load("../..")
	if err != nil {
		t.Fatal(err)
	}
	if text, ok := repo.Text("go.mod"); !ok || !strings.HasPrefix(text, "module "+tidy.Module+"\n") {
		t.Fatal("the files read are not those of the module: no go.mod among them")
	}
	for _, rule := range tidy.Rules() {
		t.Run(rule.Name, func(t *testing.T) {
			for _, finding := range tidy.Apply(rule, repo, tidy.Allowed()) {
				t.Error(finding)
			}
		})
	}
}
