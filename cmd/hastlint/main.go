// Command hastlint checks the rules of this house that a compiler cannot see: what may not be called
// where a run must be repeatable, which folder may import which, and where goroutines may start.
//
// It speaks go vet's protocol and works alone too:
//
//	go build -o bin/hastlint ./cmd/hastlint
//	go vet -vettool=bin/hastlint ./...
//	bin/hastlint ./...
package main

import "golang.org/x/tools/go/analysis/singlechecker"

func main() { singlechecker.Main(Analyzer) }
