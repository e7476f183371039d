package main

import (
	"go/ast"
	"go/token"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// mark begins every directive to this analyzer; ordered is the one that there is.
const (
	mark    = "//house:"
	ordered = "ordered"
)

// excuse is one //house:ordered comment.
type excuse struct {
	pos    token.Pos
	reason string
	alone  bool // no code stands on its line, so that it speaks for the line below
	used   bool
}

// excuses are a file's, in the order of the text and by line.
type excuses struct {
	all    []*excuse
	byLine map[int]*excuse
}

// readExcuses gathers a file's excuses and reports directives that do not exist.
func readExcuses(pass *analysis.Pass, src source) *excuses {
	x := &excuses{byLine: map[int]*excuse{}}
	code := map[int]bool{} // lines with code on them; filled when first needed
	for _, group := range src.Comments {
		for _, c := range group.List {
			text, ok := strings.CutPrefix(c.Text, mark)
			if !ok {
				continue
			}
			text, _, _ = strings.Cut(text, "//") // A second comment on the line is no reason.
			word, reason, _ := strings.Cut(text, " ")
			if word != ordered {
				pass.Reportf(c.Pos(), "unknown directive %s%s: the only one is %s%s <reason>", mark, word, mark, ordered)
				continue
			}
			if len(code) == 0 {
				code = codeLines(pass.Fset, src.File)
			}
			line := pass.Fset.Position(c.Pos()).Line
			e := &excuse{pos: c.Pos(), reason: strings.TrimSpace(reason), alone: !code[line]}
			x.all = append(x.all, e)
			x.byLine[line] = e
		}
	}
	return x
}

// codeLines returns the lines on which something other than a comment begins or ends.
func codeLines(fset *token.FileSet, f *ast.File) map[int]bool {
	lines := map[int]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n.(type) {
		case nil, *ast.CommentGroup, *ast.Comment:
			return false
		}
		lines[fset.Position(n.Pos()).Line] = true
		lines[fset.Position(n.End()).Line] = true
		return true
	})
	return lines
}

// cover reports whether an excuse stands on the line of pos, or by itself on the line above. One without
// a reason covers nothing.
func (x *excuses) cover(pass *analysis.Pass, pos token.Pos) bool {
	line := pass.Fset.Position(pos).Line
	for _, l := range []int{line, line - 1} {
		if e := x.byLine[l]; e != nil && (l == line || e.alone) {
			e.used = true
			return e.reason != ""
		}
	}
	return false
}

// reportUnused reports excuses that nothing needed, so that none outlives the code that it was for.
func (x *excuses) reportUnused(pass *analysis.Pass) {
	for _, e := range x.all {
		if !e.used {
			pass.Reportf(e.pos, "%s%s excuses nothing here: remove it", mark, ordered)
		}
	}
}
