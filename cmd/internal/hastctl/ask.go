package hastctl

import (
	"bufio"
	"fmt"
	"strings"

	"github.com/mattn/go-isatty"
)

// atTerminal reports whether somebody is there who can be asked.
func (a *app) atTerminal() bool { return isatty.IsTerminal(a.stdin.Fd()) }

// agreed asks a question at the terminal, and reports whether the answer is yes. Anything else is no.
func (a *app) agreed(question string) bool {
	fmt.Fprintf(a.stderr, "%s [y/N] ", question)
	answer, err := bufio.NewReader(a.stdin).ReadString('\n')
	if err != nil && answer == "" {
		fmt.Fprintln(a.stderr)
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return true
	}
	return false
}
