//go:build planted

package main

import "hast/states/planted"

func init() { seen = planted.Seen[:] }
