// Package intake takes submissions in: it finds them, unpacks them safely, recognises the edition of the lab that they
// were written for, passes them through the gate and lays them out for the build.
//
//	sources, err := intake.Find(os.Args[1:])            // folders, archives, or a folder of many
//	staged, err := intake.Stage(ctx, sources[0], dir, intake.Options{Labs: []string{"raft", "kv"}})
//	var no *intake.Refusal
//	switch {
//	case errors.As(err, &no): // the submission's fault: no.Status, no.Places
//	case err != nil:          // infrastructure
//	}
//	target, err := campaign.Find(root, staged.Dir)
package intake
