package main

import (
	"fmt"
	"io"

	"raftlab/internal/grader/bundle"
	"raftlab/internal/sim/build"
)

// packBundle is what grade does with --bundle: it packs what a platform grades with, and grades nothing itself. Of the
// flags, those that say how to grade go into the bundle.
func packBundle(args []string, f gradeFlags, stdout io.Writer) error {
	if len(args) > 0 {
		return fmt.Errorf("grade: --bundle packs a grader and grades nothing, not even %s", args[0])
	}
	if f.resume {
		return fmt.Errorf("grade: --bundle: there is nothing to --resume")
	}
	root, err := build.FindRoot()
	if err != nil {
		return fmt.Errorf("grade: --bundle: %w", err)
	}
	var flags []string
	for _, flag := range []struct{ name, value string }{{"lab", f.lab}, {"seeds", f.seeds}} {
		if flag.value != "" {
			flags = append(flags, "--"+flag.name+"="+flag.value)
		}
	}
	if f.jobs > 0 {
		flags = append(flags, fmt.Sprintf("--jobs=%d", f.jobs))
	}
	if err := bundle.Write(f.bundle, f.out, bundle.Options{Root: root, Config: f.config, Flags: flags}); err != nil {
		return fmt.Errorf("grade: %w", err)
	}
	if !f.quiet {
		fmt.Fprintf(stdout, "%s: for %s; docs/teaching.md says where it goes. It holds the secret of the hidden seeds, if the "+
			"course has any: keep it from students\n", f.out, f.bundle)
	}
	return nil
}
