package config

import (
	_ "os"

	_ "github.com/alecthomas/participle/v2/lexer"
	_ "hast/states/leaf"

	_ "hast/actors/leaf" // want `config/ must not import "hast/actors/leaf"`
	_ "syscall"          // want `config/ must not import "syscall"`
)
