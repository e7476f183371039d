package mutants

import (
	_ "embed"
	"fmt"
	"strings"
)

//go:embed equivalent.txt
var equivalentText string

// Equivalents are the mutants that need not be found, by name, each with the argument why.
func Equivalents() (map[string]string, error) {
	list := make(map[string]string)
	for i, line := range strings.Split(equivalentText, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, why, _ := strings.Cut(line, " ")
		if why = strings.TrimSpace(why); why == "" {
			return nil, fmt.Errorf("equivalent.txt:%d: %s has no argument", i+1, name)
		}
		if _, ok := list[name]; ok {
			return nil, fmt.Errorf("equivalent.txt:%d: %s is there twice", i+1, name)
		}
		list[name] = why
	}
	return list, nil
}
