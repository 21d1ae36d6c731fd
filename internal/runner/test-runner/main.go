// Command test-runner is the program behind test-runner.sh.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"raftlab/internal/runner"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		<-ctx.Done()
		stop() // a second Ctrl-C ends at once
	}()
	info, err := os.Stdout.Stat()
	live := err == nil && info.Mode()&os.ModeCharDevice != 0
	os.Exit(runner.Main(ctx, os.Args[1:], os.Stdout, os.Stderr, live))
}
