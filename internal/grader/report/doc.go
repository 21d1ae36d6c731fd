// Package report writes what grading came to (package results) in the forms that people and platforms read: pages,
// a gradebook, a table for the terminal, and the files that Gradescope, Autolab, Classroom 50 and readers of JUnit take.
// docs/formats/reports.md says what is in each.
//
//	for _, f := range report.Formats() {
//		err := report.Write(f.Name, document, filepath.Join(out, f.Name))
//	}
//
// # Text of students
//
// Nearly every text in a document comes out of a submission in the end: names of files, panics, what peers printed, the
// submission's own name. Every writer passes it through clean first: valid UTF-8 of a bounded size, without escape
// sequences, control characters or characters that turn the direction of text, and with nothing that a runner of
// workflows takes for a command. On top of that each writer escapes as its format asks.
//
// # What is not known
//
// A run that found out nothing is neither passed nor failed, and no format shows it as either: formats that know only
// these two get no entry, or one without points, and words that say so.
//
// # Who reads it
//
// Tests that are not "visible" stay out of what students see. Gradescope is told of them and keeps them itself.
// Formats that cannot say who reads what (Feedback, Autolab, Classroom 50) count their points and tell nothing more.
// The others (HTML, CSV, JUnit, Terminal) are the teacher's, and have everything.
package report
