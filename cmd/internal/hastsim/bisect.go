package hastsim

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"hast/cmd/internal/exit"
)

func (a *app) bisectCommand() *cobra.Command {
	var good, bad, repo string
	c := &cobra.Command{
		Use:   "bisect SEED | FILE",
		Short: "Find the commit with which a script began to fail",
		Long: "Look for the first commit whose hastsim finds something in a seed or script that the one before passes.\n" +
			"Each commit is checked out into a work tree of its own and built there; the repository's own work tree\n" +
			"stays as it is. A seed is played as the script that it is with this version, so that all commits play\n" +
			"the same story. Commits that can't be built, or don't know a word of the script, are passed over.",
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return a.bisect(args[0], repo, good, bad) },
	}
	a.storyFlags(c)
	f := c.Flags()
	f.StringVar(&good, "good", "", "a `COMMIT` that passes")
	f.StringVar(&bad, "bad", "HEAD", "a `COMMIT` that fails")
	f.StringVar(&repo, "repository", ".", "the source's `FOLDER`")
	return c
}

// bisection is a search through commits.
type bisection struct {
	app          *app
	repo, tree   string // the repository, and the work tree in which commits are built
	script, tool string // files
}

// outcome is what a commit's hastsim says of the script.
type outcome int

const (
	passes outcome = iota
	fails
	unknown // it can't be built, or it doesn't know the script's words
)

func (a *app) bisect(what, repo, good, bad string) (err error) {
	if good == "" {
		return exit.Errorf(exit.Usage, "--good: name a commit that passes")
	}
	s, err := a.load(what)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "hastsim-bisect-")
	if err != nil {
		return exit.With(exit.OSErr, err)
	}
	b := &bisection{app: a, repo: repo, tree: filepath.Join(dir, "tree"), script: filepath.Join(dir, "story.sim"), tool: filepath.Join(dir, "hastsim")}
	defer func() {
		_, gone := b.git(repo, "worktree", "remove", "--force", b.tree)
		err = errors.Join(err, os.RemoveAll(dir))
		if gone != nil && err == nil {
			_, err = b.git(repo, "worktree", "prune")
		}
	}()
	if err := os.WriteFile(b.script, s.Format(), 0o600); err != nil {
		return exit.With(exit.OSErr, err)
	}
	if _, err := b.git(repo, "worktree", "add", "--detach", b.tree, bad); err != nil {
		return exit.With(exit.DataErr, err)
	}
	return b.search(good, bad)
}

// search halves the commits between a good and a bad one until none is left.
func (b *bisection) search(good, bad string) error {
	list, err := b.git(b.repo, "rev-list", "--reverse", "--first-parent", good+".."+bad)
	if err != nil {
		return exit.With(exit.DataErr, err)
	}
	commits := strings.Fields(list)
	if len(commits) == 0 {
		return exit.Errorf(exit.DataErr, "there is no commit between %s and %s", good, bad)
	}
	if got, err := b.try(good); err != nil || got != passes {
		return errors.Join(err, exit.Errorf(exit.DataErr, "%s %s; name one that passes", good, outcomeText[got]))
	}
	if got, err := b.try(commits[len(commits)-1]); err != nil || got != fails {
		return errors.Join(err, exit.Errorf(exit.DataErr, "%s %s; name one that fails", bad, outcomeText[got]))
	}
	lo, hi := -1, len(commits)-1 // lo passes (-1 is good itself), hi fails
	passedOver := make(map[int]bool)
	for {
		at := middle(lo, hi, passedOver)
		if at < 0 {
			break
		}
		if b.app.stop.Err() != nil {
			b.app.code = exitInterrupted
			return nil
		}
		got, err := b.try(commits[at])
		if err != nil {
			return err
		}
		switch got {
		case passes:
			lo = at
		case fails:
			hi = at
		case unknown:
			passedOver[at] = true
		}
	}
	about, err := b.git(b.repo, "log", "-1", "--format=%h %an %ad%n    %s", "--date=short", commits[hi])
	if err != nil {
		return err
	}
	if hi-lo > 1 {
		fmt.Fprintf(b.app.stdout, "It began with this commit, or with one of the %d before it that could not be tried:\n%s\n", hi-lo-1, about)
		return nil
	}
	fmt.Fprintf(b.app.stdout, "It began with this commit:\n%s\n", about)
	return nil
}

// middle is the commit to be tried next between one that passes and one that fails: the one nearest to the
// middle that wasn't passed over; -1 if there is none.
func middle(lo, hi int, passedOver map[int]bool) int {
	mid := (lo + hi) / 2
	for d := 0; d < hi-lo; d++ {
		for _, at := range []int{mid + d, mid - d} {
			if at > lo && at < hi && !passedOver[at] {
				return at
			}
		}
	}
	return -1
}

var outcomeText = [...]string{"passes", "fails", "can't be tried: it isn't built, or it doesn't know the script's words"}

// try builds a commit's hastsim and plays the script.
func (b *bisection) try(commit string) (outcome, error) {
	if _, err := b.git(b.tree, "checkout", "--quiet", "--detach", commit); err != nil {
		return unknown, exit.With(exit.OSErr, err)
	}
	got := unknown
	if out, err := b.run(b.tree, "go", "build", "-o", b.tool, "./cmd/hastsim"); err == nil {
		_, err := b.run(b.tree, b.tool, "replay", b.script)
		var failed *exec.ExitError
		switch {
		case err == nil:
			got = passes
		case errors.As(err, &failed) && failed.ExitCode() == exitFound:
			got = fails
		}
	} else if b.app.stop.Err() == nil {
		fmt.Fprintf(b.app.stderr, "%s", out)
	}
	name, err := b.git(b.repo, "log", "-1", "--format=%h %s", commit)
	fmt.Fprintf(b.app.stdout, "%s: %s\n", name, outcomeText[got])
	return got, err
}

func (b *bisection) git(dir string, args ...string) (string, error) {
	return b.run(dir, "git", args...)
}

// run runs a program and returns what it says; the error says what it says, too.
func (b *bisection) run(dir, program string, args ...string) (string, error) {
	c := exec.CommandContext(b.app.stop, program, args...)
	c.Dir = dir
	out, err := c.CombinedOutput()
	text := strings.TrimSpace(string(out))
	if err != nil {
		err = fmt.Errorf("%s %s: %w\n%s", program, strings.Join(args, " "), err, text)
	}
	return text, err
}
