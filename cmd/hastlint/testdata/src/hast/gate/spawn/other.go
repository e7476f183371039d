package spawn

func other() { go other() } // want `a bare go statement under gate/: start it with gate/spawn's Go`
