// Package grader grades submissions: each is taken in, built, run and scored, and a document says what came of all
// (package results). A grade is a function of the submission and the seeds.
//
//	sources, err := intake.Find(args)
//	c, err := course.Read("course.yaml", course.Override{})
//	worker := []string{self, "grade-worker"}
//	document, err := grader.Grade(ctx, sources, grader.Options{Out: "out", Course: c, Worker: worker})
//
// # How
//
// A lab of a submission (its raft, its kvraft) is a unit: it is built and judged by itself, so that a service that does
// not compile costs its own points alone. Units are prepared ahead, while others run. Each of Options.Jobs slots
// has a process of its own (package worker), makes one run at a time in it, and takes the next run of its unit, or of
// the next unit. What has become of each run goes to the journal (package journal).
//
// # What a score is made of
//
// Of records alone, against the list of all runs that there should be. A run without a record, or whose record is
// not that of a verdict on the submission, is Broken and scores nothing. Runs are never repeated until they pass: one
// is made again only if its process died, and the verdict that counts is then the first one there is.
//
// A run whose process dies twice, or does not come back, is lost. Once so many runs of a unit are lost as mostLost
// says, in the order of tests and seeds, all after them count as lost too; which of those were made meanwhile makes
// no difference.
package grader
