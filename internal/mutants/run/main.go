// Command run tries the bank of wrong Rafts and prints which scenario catches which.
package main

import (
	"context"
	"os"
	"os/signal"

	"raftlab/internal/mutants"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	go func() {
		<-ctx.Done()
		stop() // a second Ctrl-C ends at once
	}()
	os.Exit(mutants.Main(ctx, os.Args[1:], os.Stdout, os.Stderr))
}
