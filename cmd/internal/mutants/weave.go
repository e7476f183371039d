package mutants

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"sort"
	"strings"
)

// weaver puts switches into one file. Its changes are insertions into the text, so that line numbers and
// all that is not changed stay as they are.
type weaver struct {
	file string
	src  []byte
	fset *token.FileSet
	next int // the ID of the next mutant

	inserts []insert
	mutants []Mutant

	function string
	counts   map[string]int // mutants of the function by kind
}

type insert struct {
	at    int
	order int // among insertions at one place
	text  string
}

// Weave returns a file's source with a switch for each automatic mutant, numbered from first.
func Weave(file string, src []byte, first int) ([]byte, []Mutant, error) {
	w := &weaver{file: file, src: src, fset: token.NewFileSet(), next: first}
	tree, err := parser.ParseFile(w.fset, file, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, nil, err
	}
	for _, d := range tree.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Body != nil && !forPeople(d) {
				w.begin(functionName(d))
				w.walk(d.Body)
			}
		case *ast.GenDecl:
			if d.Tok == token.VAR {
				for _, s := range d.Specs {
					if v := s.(*ast.ValueSpec); len(v.Names) > 0 && len(v.Values) > 0 {
						w.begin(v.Names[0].Name)
						w.walk(v)
					}
				}
			}
		}
	}
	if len(w.mutants) == 0 {
		return src, nil, nil
	}
	w.insert(tree.Name.End(), ImportClause)
	return w.text(), w.mutants, nil
}

// forPeople reports a function that only puts something into words or shows it: String and Error, Glance and Keeps,
// which bystanders look through, and those that make a part of a status. What they say is tested by golden files and
// by the judge's own tests.
func forPeople(d *ast.FuncDecl) bool {
	switch d.Name.Name {
	case "String", "Error", "Glance", "Keeps", "Render":
		return true
	}
	if d.Type.Results == nil {
		return false
	}
	for _, f := range d.Type.Results.List {
		if p, ok := f.Type.(*ast.StarExpr); ok {
			if id, ok := p.X.(*ast.Ident); ok && id.Name == "CopyStatus" {
				return true
			}
		}
	}
	return false
}

func functionName(d *ast.FuncDecl) string {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return d.Name.Name
	}
	t := d.Recv.List[0].Type
	if s, ok := t.(*ast.StarExpr); ok {
		t = s.X
	}
	if id, ok := t.(*ast.Ident); ok {
		return id.Name + "." + d.Name.Name
	}
	return d.Name.Name
}

func (w *weaver) begin(function string) { w.function, w.counts = function, map[string]int{} }

// mutant makes the next mutant and returns its ID.
func (w *weaver) mutant(kind string, n ast.Node, what string) int {
	w.counts[kind]++
	m := Mutant{ID: w.next, Name: fmt.Sprintf("%s:%s:%s:%d", w.file, w.function, kind, w.counts[kind]),
		File: w.file, Line: w.fset.Position(n.Pos()).Line, What: what + ": " + w.excerpt(n)}
	w.mutants = append(w.mutants, m)
	w.next++
	return m.ID
}

// excerpt is a node's text on one line, not more than a screen's.
func (w *weaver) excerpt(n ast.Node) string {
	s := strings.Join(strings.Fields(string(w.src[w.offset(n.Pos()):w.offset(n.End())])), " ")
	if len(s) > 100 {
		s = s[:100] + "…"
	}
	return s
}

func (w *weaver) offset(p token.Pos) int { return w.fset.Position(p).Offset }

func (w *weaver) insert(at token.Pos, text string) {
	w.inserts = append(w.inserts, insert{w.offset(at), len(w.inserts), text})
}

// around puts text before and behind a node. Nodes are visited from the outside inwards: at one place, what
// was put before first stays first, and what was put behind first stays last.
func (w *weaver) around(n ast.Node, before, behind string) {
	w.inserts = append(w.inserts, insert{w.offset(n.Pos()), len(w.inserts), before},
		insert{w.offset(n.End()), -len(w.inserts) - 1, behind})
}

func (w *weaver) text() []byte {
	sort.SliceStable(w.inserts, func(i, k int) bool {
		a, b := w.inserts[i], w.inserts[k]
		if a.at != b.at {
			return a.at < b.at
		}
		return a.order < b.order
	})
	var out []byte
	at := 0
	for _, i := range w.inserts {
		out = append(append(out, w.src[at:i.at]...), i.text...)
		at = i.at
	}
	return append(out, w.src[at:]...)
}

func (w *weaver) walk(n ast.Node) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GenDecl:
			return n.Tok == token.VAR // constants stay constant
		case *ast.ForStmt:
			// A loop's own condition isn't touched: it would only be found to hang.
			for _, part := range []ast.Node{n.Init, n.Post, n.Body} {
				if !isNil(part) {
					w.walk(part)
				}
			}
			return false
		case *ast.IfStmt:
			if n.Else == nil && onlyTells(n.Body) {
				// What people are told is a class of its own: whether it is said changes nothing else.
				if n.Init != nil {
					w.walk(n.Init)
				}
				return false
			}
			w.guard(n)
		case *ast.BinaryExpr:
			w.comparison(n)
		case *ast.BlockStmt:
			w.statements(n.List)
		case *ast.CaseClause:
			w.statements(n.Body)
		case *ast.CompositeLit:
			w.effects(n)
		}
		return true
	})
}

func isNil(n ast.Node) bool {
	switch n := n.(type) {
	case nil:
		return true
	case ast.Stmt:
		return n == nil
	}
	return false
}

func (w *weaver) comparison(n *ast.BinaryExpr) {
	switch n.Op {
	case token.EQL, token.NEQ, token.LSS, token.LEQ, token.GTR, token.GEQ:
		id := w.mutant("compare", n, "inverted")
		w.around(n, fmt.Sprintf("(planted.On(%d) != (", id), "))")
	}
}

// guard inverts a condition that isn't just a comparison, and drops one behind which a function or a turn
// of a loop ends.
func (w *weaver) guard(n *ast.IfStmt) {
	if b, ok := n.Cond.(*ast.BinaryExpr); !ok || b.Op == token.LAND || b.Op == token.LOR {
		id := w.mutant("guard", n.Cond, "inverted")
		w.around(n.Cond, fmt.Sprintf("(planted.On(%d) != (", id), "))")
	}
	if n.Else == nil && leaves(n.Body) {
		id := w.mutant("drop", n.Cond, "never true")
		w.around(n.Cond, fmt.Sprintf("(!planted.On(%d) && (", id), "))")
	}
}

func leaves(b *ast.BlockStmt) bool {
	if len(b.List) == 0 {
		return false
	}
	switch b.List[len(b.List)-1].(type) {
	case *ast.ReturnStmt, *ast.BranchStmt:
		return true
	}
	return false
}

// statements omits effects, and swaps two that follow one another.
func (w *weaver) statements(list []ast.Stmt) {
	for i, s := range list {
		if !isEffect(s) {
			continue
		}
		if i+1 < len(list) && isCall(s) && isCall(list[i+1]) && !(isMark(s) && isMark(list[i+1])) {
			w.swap(s, list[i+1])
		}
		id := w.mutant("omit", s, "omitted")
		w.around(s, fmt.Sprintf("if !planted.On(%d) { ", id), " }")
	}
}

// swap has the second statement also before the first, and not again behind it.
func (w *weaver) swap(first, second ast.Stmt) {
	id := w.mutant("swap", first, "behind its successor "+w.excerpt(second))
	a, b := w.source(first), w.source(second)
	w.around(first, fmt.Sprintf("if planted.On(%d) { %s; %s } else { ", id, b, a), " }")
	w.around(second, fmt.Sprintf("if !planted.On(%d) { ", id), " }")
}

func (w *weaver) source(n ast.Node) string {
	return string(w.src[w.offset(n.Pos()):w.offset(n.End())])
}

// isEffect reports a statement that does something beyond its function: a call for its effect, or the
// setting of a field. Logging is none.
func isEffect(s ast.Stmt) bool {
	switch s := s.(type) {
	case *ast.ExprStmt:
		return isCall(s)
	case *ast.IncDecStmt:
		_, ok := s.X.(*ast.SelectorExpr)
		return ok && !isStatistic(s.X)
	case *ast.AssignStmt:
		if s.Tok == token.DEFINE {
			return false
		}
		for _, x := range s.Lhs {
			if _, ok := x.(*ast.SelectorExpr); !ok || isStatistic(x) {
				return false
			}
		}
		return true
	}
	return false
}

func isCall(s ast.Stmt) bool {
	x, ok := s.(*ast.ExprStmt)
	if !ok {
		return false
	}
	c, ok := x.X.(*ast.CallExpr)
	if !ok {
		return false
	}
	switch f := c.Fun.(type) {
	case *ast.Ident:
		return f.Name != "panic" && f.Name != "delete" && f.Name != "copy" || f.Name == "delete"
	case *ast.SelectorExpr:
		return !mentions(f.X, "log", "Log", "fmt")
	}
	return false
}

// isMark reports a call that sets, clears or deletes something in a set or table in memory. Two of them that
// follow one another may change places without anybody seeing it.
func isMark(s ast.Stmt) bool {
	switch f := s.(*ast.ExprStmt).X.(*ast.CallExpr).Fun.(type) {
	case *ast.Ident:
		return f.Name == "delete" || f.Name == "clear"
	case *ast.SelectorExpr:
		return f.Sel.Name == "Set" || f.Sel.Name == "Clear" || f.Sel.Name == "Reset"
	}
	return false
}

// onlyTells reports a block that does nothing but write to the log.
func onlyTells(b *ast.BlockStmt) bool {
	for _, s := range b.List {
		x, ok := s.(*ast.ExprStmt)
		if !ok || isCall(x) {
			return false
		}
		c, ok := x.X.(*ast.CallExpr)
		if !ok {
			return false
		}
		if _, ok := c.Fun.(*ast.SelectorExpr); !ok {
			return false // a panic is no word to people
		}
	}
	return len(b.List) > 0
}

// isStatistic reports a counter for people, whose loss changes nothing that a judge could see.
func isStatistic(x ast.Expr) bool { return mentions(x, "stats", "Stats") }

func mentions(x ast.Expr, names ...string) bool {
	found := false
	ast.Inspect(x, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			for _, name := range names {
				found = found || id.Name == name
			}
		}
		return !found
	})
	return found
}

// effects swaps neighbours in the list of effects of a row of a table.
func (w *weaver) effects(n *ast.CompositeLit) {
	a, ok := n.Type.(*ast.ArrayType)
	if !ok || a.Len != nil {
		return
	}
	if id, ok := a.Elt.(*ast.Ident); !ok || id.Name != "Effect" {
		return
	}
	for i := range len(n.Elts) - 1 {
		x, y := n.Elts[i], n.Elts[i+1]
		id := w.mutant("order", x, "swapped with "+w.excerpt(y))
		w.around(x, fmt.Sprintf("planted.Pick(%d, %s, ", id, w.source(y)), ")")
		w.around(y, fmt.Sprintf("planted.Pick(%d, %s, ", id, w.source(x)), ")")
	}
}
