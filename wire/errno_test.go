package wire

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// TestErrnoNumbers has the numbers of hast-protocol App. A that differ on Linux, and some that don't.
func TestErrnoNumbers(t *testing.T) {
	tests := []struct {
		e     Errno
		name  string
		bsd   int
		linux int
	}{
		{EPERM, "EPERM", 1, 1}, {EIO, "EIO", 5, 5}, {ENXIO, "ENXIO", 6, 6}, {EDEADLK, "EDEADLK", 11, 35},
		{EINVAL, "EINVAL", 22, 22}, {ENOSPC, "ENOSPC", 28, 28}, {EROFS, "EROFS", 30, 30}, {ERANGE, "ERANGE", 34, 34},
		{EAGAIN, "EAGAIN", 35, 11}, {EINPROGRESS, "EINPROGRESS", 36, 115}, {ENOTSOCK, "ENOTSOCK", 38, 88},
		{EMSGSIZE, "EMSGSIZE", 40, 90}, {EOPNOTSUPP, "EOPNOTSUPP", 45, 95}, {EADDRINUSE, "EADDRINUSE", 48, 98},
		{ENETUNREACH, "ENETUNREACH", 51, 101}, {ECONNABORTED, "ECONNABORTED", 53, 103}, {ECONNRESET, "ECONNRESET", 54, 104},
		{ENOBUFS, "ENOBUFS", 55, 105}, {ENOTCONN, "ENOTCONN", 57, 107}, {ETIMEDOUT, "ETIMEDOUT", 60, 110},
		{ECONNREFUSED, "ECONNREFUSED", 61, 111}, {EHOSTUNREACH, "EHOSTUNREACH", 65, 113}, {EDQUOT, "EDQUOT", 69, 122},
		{ESTALE, "ESTALE", 70, 116}, {ENOSYS, "ENOSYS", 78, 38}, {EOVERFLOW, "EOVERFLOW", 84, 75}, {ECANCELED, "ECANCELED", 85, 125},
	}
	for _, tt := range tests {
		if int(tt.e) != tt.bsd || tt.e.Name() != tt.name || ToLinux(tt.e) != tt.linux || FromLinux(tt.linux) != tt.e || FromFreeBSD(tt.bsd) != tt.e {
			t.Errorf("%s: %d is %s, Linux %d; Linux %d is %v", tt.name, int(tt.e), tt.e.Name(), ToLinux(tt.e), tt.linux, FromLinux(tt.linux))
		}
		if !strings.Contains(tt.e.Error(), "("+tt.name+")") {
			t.Errorf("%s reads %q", tt.name, tt.e)
		}
	}
}

func TestErrnosMapOneToOne(t *testing.T) {
	for e, d := range errnos {
		if d.linux != 0 && FromLinux(d.linux) != e {
			t.Errorf("%v and %v share Linux's %d", e, FromLinux(d.linux), d.linux)
		}
	}
	if len(fromLinux) != len(errnos)-2 {
		t.Errorf("%d of %d numbers have one on Linux; only ERPCMISMATCH and EFTYPE lack it", len(fromLinux), len(errnos))
	}
}

func TestUnknownErrnosBecomeEIO(t *testing.T) {
	for _, n := range []int{-1, 121, 999, 1 << 20} {
		if FromLinux(n) != EIO || FromFreeBSD(n) != EIO {
			t.Errorf("%d: %v, %v", n, FromLinux(n), FromFreeBSD(n))
		}
	}
	if ToLinux(ERPCMISMATCH) != 5 || ToLinux(-3) != 5 || ToLinux(0) != 0 || FromLinux(0) != 0 || FromFreeBSD(0) != 0 {
		t.Error("what Linux lacks must be its EIO, and 0 no error")
	}
	if Errno(1234).Error() != "error 1234" || Errno(1234).Name() != "1234" {
		t.Errorf("1234 reads %q", Errno(1234))
	}
}

func TestErrnoOf(t *testing.T) {
	tests := []struct {
		err  error
		want Errno
	}{
		{nil, 0},
		{ENOSPC, ENOSPC},
		{fmt.Errorf("write 4096@0: %w", ENXIO), ENXIO},
		{errors.Join(io.EOF, EROFS), EROFS},
		{io.EOF, EIO},
		{Errno(0), EIO},
	}
	for _, tt := range tests {
		if got := ErrnoOf(tt.err); got != tt.want {
			t.Errorf("%v: %v, want %v", tt.err, got, tt.want)
		}
	}
}
