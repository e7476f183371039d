package spawn

// Go stands for the helper, the only place under gate/ for a go statement.
func Go(f func()) { go f() }
