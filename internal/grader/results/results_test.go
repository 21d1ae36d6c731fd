package results

import (
	"encoding/json"
	"testing"
)

// Two gradings are compared without their timings: what is left out must be left out whole.
func TestTimingsLeaveNoTrace(t *testing.T) {
	text, err := json.Marshal(Document{Schema: Schema, Submissions: []Submission{{Name: "ann", Status: Graded}}})
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"schema":"raftlab/results/v1","course":{"title":"","max":0,"tests":null},` +
		`"submissions":[{"name":"ann","hash":"","status":"graded","score":0,"tests":null}]}`
	if string(text) != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
}
