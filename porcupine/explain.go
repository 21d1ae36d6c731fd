package porcupine

import "context"

// Failure says what is wrong with an illegal history.
type Failure struct{ Partition int }

func (c *check) explain(ctx context.Context) *Failure { return nil }
