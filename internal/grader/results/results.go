// Package results is what grading comes to: one document, from which every report is written
// (docs/formats/results.md).
//
// The document says nothing of when and how fast: two gradings of the same submissions with the same seeds are equal
// byte for byte but for the fields of Timing.
package results

// Schema names the format of the document.
const Schema = "raftlab/results/v1"

// Document is what came of grading a batch.
type Document struct {
	Schema      string       `json:"schema"` // Schema
	Course      Course       `json:"course"`
	Submissions []Submission `json:"submissions"` // by name
	// Interrupted says that runs are missing because somebody ended the grading: they count as Broken until it goes on.
	Interrupted bool    `json:"interrupted,omitempty"`
	Timing      *Timing `json:"timing,omitempty"`
}

// Course is how the batch was graded.
type Course struct {
	Title string  `json:"title"`
	Max   float64 `json:"max"`   // points of a faultless submission
	Tests []Test  `json:"tests"` // in the order of the lab
}

// Test is one test that every submission is graded by.
type Test struct {
	Name       string  `json:"name"` // as TestBackup2B
	Part       string  `json:"part"` // as 2B
	Title      string  `json:"title"`
	Max        float64 `json:"max"`        // points
	Seeds      int     `json:"seeds"`      // runs
	Rule       string  `json:"rule"`       // what fraction of passed runs earns what: "all", "proportional", "8 of 10"
	Visibility string  `json:"visibility"` // "visible", "hidden", "after_due_date", "after_published"
}

// The statuses of a submission. Only Graded has scores that say something of how good it is.
const (
	Graded         = "graded"
	NotAccepted    = "not accepted"    // not an archive, no lab packages in it, a bomb, a path that escapes
	Refused        = "refused"         // the gate found what no submission may hold
	NotBuilt       = "could not build" // the compiler's words are in Problems
	Infrastructure = "infrastructure"  // nothing was found out about the submission: grade it again
)

// Submission is what came of one submission. Its score is 0 unless it is Graded.
type Submission struct {
	Name     string   `json:"name"`   // unique in the document
	Hash     string   `json:"hash"`   // of what was graded, hexadecimal; "" if it did not get that far
	Status   string   `json:"status"` // Graded, NotAccepted, …
	Edition  string   `json:"edition,omitempty"`
	Notes    []string `json:"notes,omitempty"`    // what was adapted, left out or found strange
	Problems []Place  `json:"problems,omitempty"` // why it is not Graded
	Score    float64  `json:"score"`
	Tests    []Result `json:"tests"` // one for each of the course's, in that order
	Timing   *Timing  `json:"timing,omitempty"`
}

// Place is something said about a place in a submission's files.
type Place struct {
	File   string `json:"file,omitempty"` // as the student knows it, from the submission's root
	Line   int    `json:"line,omitempty"` // from 1; 0: the whole file
	Column int    `json:"column,omitempty"`
	Rule   string `json:"rule,omitempty"` // of the gate, as "import os/exec"
	Text   string `json:"text"`
}

// Result is what came of one test of a submission. Passed+Failed+Broken is the test's Seeds once all were run; a run
// without a record is Broken.
type Result struct {
	Name     string    `json:"name"`
	Score    float64   `json:"score"`
	Passed   int       `json:"passed"`
	Failed   int       `json:"failed"`
	Broken   int       `json:"broken"`             // runs that found out nothing; they score nothing
	Failures []Failure `json:"failures,omitempty"` // alike ones together, most frequent first
	Timing   *Timing   `json:"timing,omitempty"`
}

// Failure is runs of one test that ended alike.
type Failure struct {
	Verdict   string   `json:"verdict"`             // "failed", "panicked", "CPU limit", …
	Invariant string   `json:"invariant,omitempty"` // of the verdict "failed"
	Message   string   `json:"message"`             // of the example
	Runs      int      `json:"runs"`
	Seeds     []uint64 `json:"seeds,omitempty"`  // ascending; of hidden seeds only their number is told, in Runs
	Events    []string `json:"events,omitempty"` // the last ones that matter, of the example
	Output    string   `json:"output,omitempty"` // what the peers printed, its end
	Replay    string   `json:"replay,omitempty"` // the line that runs the example again
}

// Timing is how long something took. It is the one thing in which two gradings may differ.
type Timing struct {
	Stage   float64 `json:"stage,omitempty"`   // seconds to unpack and look through
	Build   float64 `json:"build,omitempty"`   // seconds to compile
	Run     float64 `json:"run,omitempty"`     // seconds of all runs, one by one
	Virtual float64 `json:"virtual,omitempty"` // simulated seconds
}
