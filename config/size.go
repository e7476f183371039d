package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// ParseSize reads a number of bytes with an optional binary suffix k, M, G, T, P or E in either case,
// as FreeBSD's expand_number does: "64M" is 67108864. Signs, fractions and blanks are errors, and so is
// a size past 8 EiB - 1.
func ParseSize(s string) (int64, error) {
	digits := strings.TrimRight(s, "kKmMgGtTpPeE")
	suffix := s[len(digits):]
	if digits == "" || strings.Trim(digits, "0123456789") != "" || len(suffix) > 1 {
		return 0, fmt.Errorf("size %s is not a number with an optional suffix k, M, G, T, P or E", quote(s))
	}
	shift := 0
	if suffix != "" {
		shift = 10 * (1 + strings.Index("kmgtpe", strings.ToLower(suffix)))
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n > math.MaxInt64>>shift {
		return 0, fmt.Errorf("size %s is too large, it must be below 8E", quote(s))
	}
	return n << shift, nil
}
