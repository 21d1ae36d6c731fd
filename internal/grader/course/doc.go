// Package course reads course.yaml: which tests a submission is graded by, on which seeds, and what they earn
// (docs/formats/course.md).
//
//	c, err := course.Read("course.yaml", course.Override{Labs: "raft"})  // "" for the default
//	for _, test := range c.Tests {
//		for i := range test.Seeds.Count() {
//			seed := c.Seed(test, i) // hidden from test.Seeds.Public.Count on
//		}
//		earned := test.Rule.Earned(test.Points, passed, test.Seeds.Count())
//	}
//
// Nothing in the file is passed over: an unknown key, a value of the wrong kind, and two values that contradict each
// other are errors, each with its line and column.
package course
