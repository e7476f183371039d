// Package report writes what hastctl prints, in FreeBSD's formats to the byte (hast-protocol §10.5):
// scripts read them.
package report

import (
	"fmt"
	"strconv"
)

// Human writes a number of bytes in at most four characters and a "B": divided by 1024 until it is below
// 1000, with one rounded decimal if that is at most 9.9 after a division (hast-protocol §10.5, NB).
func Human(n uint64) string {
	const letters = " KMGTPE"
	unit, rest := 0, uint64(0)
	for scaled := n; ; unit++ {
		// Rounding may carry into a fourth digit: 999.5 KiB is shown as 1.0M.
		if scaled < 999 || scaled == 999 && rest < 512 || unit == len(letters)-1 {
			return format(scaled, rest, letters[unit])
		}
		scaled, rest = scaled/1024, scaled%1024
	}
}

// format writes whole + rest/1024 of a unit.
func format(whole, rest uint64, letter byte) string {
	if letter == ' ' {
		return strconv.FormatUint(whole, 10) + "B"
	}
	if tenths := (whole*1024 + rest) * 10; (tenths+512)/1024 <= 99 {
		t := (tenths + 512) / 1024
		return fmt.Sprintf("%d.%d%cB", t/10, t%10, letter)
	}
	return fmt.Sprintf("%d%cB", whole+(rest+512)/1024, letter)
}
