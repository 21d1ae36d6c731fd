package handout

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// Config says what [Make] makes.
type Config struct {
	Root string // the folder with the module's go.mod
	Out  string // the folder that is made; it may be there if it is empty
	Zip  string // the archive that is made beside it, of one folder raftlab; "" for none
	// Step is told of each thing that is done, in a few words, when it begins. Nil: nobody is.
	Step func(what string)
}

// Summary is what came of it.
type Summary struct {
	Files int
	Tests int // of the lab, all of which failed, as they must
}

// Make makes the student's tree. Nothing is at Out or Zip before all of it has been checked: it is formatted; no marker
// and no line of an answer is left in it; its links lead somewhere; it is vetted, and builds for this machine and for
// the simulator; each of the lab's tests finds fault with it. What is made depends on the tree at Root alone, to the
// byte.
//
// An error of the tree is made of a *Mistake for each thing that is wrong. If ctx is done Make returns its error; then,
// as after any other error, it leaves nothing behind. It blocks for as long as a build takes, seconds to a minute.
func Make(ctx context.Context, c Config) (Summary, error) { return c.make(ctx, lab()) }

func (c Config) make(ctx context.Context, p plan) (s Summary, err error) {
	step := func(what string) {
		if c.Step != nil {
			c.Step(what)
		}
	}
	if err := c.free(); err != nil {
		return s, err
	}
	step("reading the tree")
	t, err := gather(os.DirFS(c.Root), p)
	if err != nil {
		return s, err
	}
	if err := t.read(); err != nil {
		return s, err
	}
	stage, err := newStage(c.Out)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, stage.remove()) }()
	if err := stage.write(t); err != nil {
		return s, fmt.Errorf("write the tree: %w", err)
	}
	step("which modules it needs")
	if err := stage.tidy(ctx, t); err != nil {
		return s, err
	}
	step("vet and build")
	if err := compile(ctx, stage.dir, p.wasip1); err != nil {
		return s, err
	}
	step("the lab's tests, which must fail")
	if s.Tests, err = fail(ctx, stage.dir); err != nil {
		return s, err
	}
	s.Files = len(t.files)
	return s, c.publish(ctx, stage, t)
}

// free says whether there is room for what is to be made.
func (c Config) free() error {
	entries, err := os.ReadDir(c.Out)
	switch {
	case err == nil && len(entries) > 0:
		return fmt.Errorf("%s is there already, and not empty: name another folder, or remove it first", c.Out)
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return err
	}
	if c.Zip == "" {
		return nil
	}
	if _, err := os.Lstat(c.Zip); err == nil {
		return fmt.Errorf("%s is there already: name another file, or remove it first", c.Zip)
	} else if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// publish puts what was made where it was asked for: the archive first, which can be taken back.
func (c Config) publish(ctx context.Context, s *stage, t tree) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if c.Zip != "" {
		if err := t.pack(c.Zip); err != nil {
			return fmt.Errorf("write the archive: %w", err)
		}
	}
	if err := s.rename(c.Out); err != nil {
		if c.Zip != "" {
			err = errors.Join(err, os.Remove(c.Zip))
		}
		return err
	}
	return nil
}
