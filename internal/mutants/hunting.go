package mutants

import "context"

// hunt draws schedules until one catches the mutant.
func (t *trial) hunt(ctx context.Context, lab string) error {
	return nil
}
