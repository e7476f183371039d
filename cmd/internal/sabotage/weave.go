package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"sort"
	"strings"

	"hast/cmd/internal/mutants"
)

// source is a Go file with what its text is made of.
type source struct {
	text []byte
	fset *token.FileSet
	tree *ast.File
}

func parseSource(text []byte) (*source, error) {
	s := &source{text: text, fset: token.NewFileSet()}
	var err error
	s.tree, err = parser.ParseFile(s.fset, "", text, parser.SkipObjectResolution)
	return s, err
}

func (s *source) between(from, to token.Pos) string {
	return string(s.text[s.fset.Position(from).Offset:s.fset.Position(to).Offset])
}

// body is another body for a function of a file: the one with that index among the file's declarations.
type body struct {
	index int
	text  string
}

// bodies says how a changed file differs from the original: by what other bodies of functions. It fails if there is
// another difference, or if a function's copy could not be called by one line of the function itself.
func bodies(original, changed *source) ([]body, error) {
	if len(original.tree.Decls) != len(changed.tree.Decls) {
		return nil, fmt.Errorf("a declaration is there or missing")
	}
	var list []body
	for i, d := range original.tree.Decls {
		o := changed.tree.Decls[i]
		if original.between(d.Pos(), d.End()) == changed.between(o.Pos(), o.End()) {
			continue
		}
		f, ok := d.(*ast.FuncDecl)
		g, also := o.(*ast.FuncDecl)
		switch {
		case !ok || !also || f.Body == nil || g.Body == nil:
			return nil, fmt.Errorf("what differs isn't a function")
		case original.between(f.Pos(), f.Body.Pos()) != changed.between(g.Pos(), g.Body.Pos()):
			return nil, fmt.Errorf("%s has other parameters or results", f.Name.Name)
		}
		if _, err := call(f, ""); err != nil {
			return nil, err
		}
		list = append(list, body{i, changed.between(g.Body.Pos(), g.Body.End())})
	}
	return list, nil
}

// call is the call of a function's copy from within the function, with what it was itself called with.
func call(f *ast.FuncDecl, copied string) (string, error) {
	if f.Type.TypeParams != nil {
		return "", fmt.Errorf("%s has type parameters", f.Name.Name)
	}
	if f.Recv != nil {
		r := f.Recv.List[0]
		if len(r.Names) == 0 || r.Names[0].Name == "_" {
			return "", fmt.Errorf("the receiver of %s has no name", f.Name.Name)
		}
		copied = r.Names[0].Name + "." + copied
	}
	var args []string
	for _, p := range f.Type.Params.List {
		if len(p.Names) == 0 {
			return "", fmt.Errorf("a parameter of %s has no name", f.Name.Name)
		}
		for _, n := range p.Names {
			if n.Name == "_" {
				return "", fmt.Errorf("a parameter of %s has no name", f.Name.Name)
			}
			if _, ok := p.Type.(*ast.Ellipsis); ok {
				n = &ast.Ident{Name: n.Name + "..."}
			}
			args = append(args, n.Name)
		}
	}
	copied += "(" + strings.Join(args, ", ") + ")"
	if f.Type.Results == nil {
		return copied + "; return", nil
	}
	return "return " + copied, nil
}

// copyOf names the copy of a function for the change with that ID, and the file that the compiler is told it is in.
func copyOf(name string, id int) string { return fmt.Sprintf("%s_planted%d", name, id) }

// weave returns the file's text with a switch at the beginning of each function that a change has another body for,
// and a copy of the function with that body at the end of the file. So a change may be whatever it likes within its
// function, and is in force or not as a whole. Lines keep their numbers.
func (s *source) weave(changes map[int][]body) []byte {
	ids := make([]int, 0, len(changes))
	for id := range changes {
		ids = append(ids, id)
	}
	sort.Ints(ids)
	switches := make([]strings.Builder, len(s.tree.Decls))
	var copies strings.Builder
	for _, id := range ids {
		for _, b := range changes[id] {
			f := s.tree.Decls[b.index].(*ast.FuncDecl)
			called := copyOf(f.Name.Name, id)
			one, err := call(f, called)
			if err != nil {
				panic(err) // bodies has tried it
			}
			fmt.Fprintf(&switches[b.index], " if planted.On(%d) { %s };", id, one)
			fmt.Fprintf(&copies, "\n//line planted%d.go:1\n%s%s%s%s\n", id,
				s.between(f.Pos(), f.Name.Pos()), called, s.between(f.Name.End(), f.Body.Pos()), b.text)
		}
	}
	var out strings.Builder
	at := s.tree.Name.End()
	out.WriteString(s.between(s.tree.FileStart, at))
	out.WriteString(mutants.ImportClause)
	for i := range switches {
		if switches[i].Len() > 0 {
			brace := s.tree.Decls[i].(*ast.FuncDecl).Body.Lbrace + 1
			out.WriteString(s.between(at, brace))
			out.WriteString(switches[i].String())
			at = brace
		}
	}
	out.WriteString(s.between(at, s.tree.FileEnd))
	out.WriteString(copies.String())
	return []byte(out.String())
}
