//go:build planted

package main

import "hast/states/planted"

func init() { met = func() uint64 { return planted.Met } }
