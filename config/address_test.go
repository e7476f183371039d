package config

import (
	"strings"
	"testing"
)

func TestParseAddress(t *testing.T) {
	for _, row := range []struct {
		text     string
		proto    Proto
		endpoint string
		// printed is how the original prints the address once it is connected.
		printed string
	}{
		{"10.0.0.1", ProtoTCP, "10.0.0.1:8457", "tcp4://10.0.0.1:8457"},
		{"10.0.0.1:99", ProtoTCP, "10.0.0.1:99", "tcp4://10.0.0.1:99"},
		{"tcp://hastb", ProtoTCP, "hastb:8457", "tcp://hastb:8457"},
		{"TCP4://hastb.example:1", ProtoTCP4, "hastb.example:1", "tcp4://hastb.example:1"},
		{"tcp4://0.0.0.0:0", ProtoTCP4, "0.0.0.0:0", "tcp4://0.0.0.0:0"},
		{"::1", ProtoTCP, "[::1]:8457", "tcp6://[::1]:8457"},
		{"[::1]", ProtoTCP, "[::1]:8457", "tcp6://[::1]:8457"},
		{"[::1]:65535", ProtoTCP, "[::1]:65535", "tcp6://[::1]:65535"},
		{"tcp6://2001:db8::2", ProtoTCP6, "[2001:db8::2]:8457", "tcp6://[2001:db8::2]:8457"},
		{"tcp6://hastb", ProtoTCP6, "hastb:8457", "tcp6://hastb:8457"},
		{"uds:///var/run/hastctl", ProtoUnix, "/var/run/hastctl", "uds:///var/run/hastctl"},
		{"unix://x", ProtoUnix, "x", "uds://x"},
		{"/var/run/a://b", ProtoUnix, "/var/run/a://b", "uds:///var/run/a://b"},
	} {
		a, err := ParseAddress(row.text)
		if err != nil {
			t.Errorf("%s: %v", row.text, err)
			continue
		}
		if a.Proto != row.proto || a.Endpoint() != row.endpoint || a.String() != row.text || a.Network() != string(row.proto) {
			t.Errorf("%s: got %+v, endpoint %s", row.text, a, a.Endpoint())
		}
		a.Text = ""
		if a.String() != row.printed {
			t.Errorf("%s: printed as %s, want %s", row.text, a, row.printed)
		}
	}
	if a, err := ParseSource("tcp4://10.0.0.1"); err != nil || a.Port != 0 {
		t.Errorf("source: got %+v, %v, want port 0", a, err)
	}
}

func TestParseAddressErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                             "has no host",
		"tcp4://":                      "has no host",
		":8457":                        "has no host",
		"hastb:":                       `has the port ""`,
		"hastb:65536":                  `has the port "65536", expected a number up to 65535`,
		"hastb:-1":                     `has the port "-1"`,
		"hastb/x":                      "other characters than letters",
		"10.0.0.256":                   "no valid IPv4 address",
		"10.0.0":                       "no valid IPv4 address",
		"a:b:c":                        "several colons",
		"[::1":                         "closing bracket",
		"[10.0.0.1]":                   "no IPv6 address between",
		"[::1]x":                       `has "x" behind the bracket`,
		"[::1]:":                       `has the port ""`,
		"tcp6://10.0.0.1":              "use tcp4://",
		"tcp4://[::1]:1":               "use tcp6://",
		"ftp://x":                      `begins with "ftp://"`,
		"uds://":                       "socket path of 0 bytes",
		"/" + strings.Repeat("x", 103): "socket path of 104 bytes",
		strings.Repeat("x", 1024):      "is too long",
	} {
		if a, err := ParseAddress(text); err == nil || !strings.Contains(err.Error(), want) || a != (Address{}) {
			t.Errorf("%.40q: got %+v, %v, want an error with %q", text, a, err, want)
		}
	}
}

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "1": 1, "512": 512, "4k": 4096, "4K": 4096, "64M": 64 << 20, "2g": 2 << 30, "3T": 3 << 40,
		"5p": 5 << 50, "7E": 7 << 60, "9223372036854775807": 1<<63 - 1,
	} {
		if got, err := ParseSize(text); err != nil || got != want {
			t.Errorf("%s: got %d, %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "M", "-1", "+1", "1.5M", "64MM", "64X", "64 M", "0x10", "8E", "9223372036854775808", "99999999999999999999"} {
		if got, err := ParseSize(text); err == nil {
			t.Errorf("%q: got %d, want an error", text, got)
		}
	}
}
