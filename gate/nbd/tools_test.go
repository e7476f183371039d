package nbd

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// tool skips the test, by name, on a machine without the tool.
func tool(t *testing.T, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("%s is not installed", name)
	}
}

func runTool(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

func TestNbdinfo(t *testing.T) {
	tool(t, "nbdinfo")
	_, _, socket := newGate(t, 1<<20, 0)
	for _, export := range []string{"shared", ""} {
		out := runTool(t, "nbdinfo", URI(export, socket))
		for _, want := range []string{
			"protocol: newstyle-fixed without TLS, using simple packets", "export-size: 1048576",
			"can_multi_conn: true", "can_fua: true", "can_trim: true", "can_zero: true", "can_fast_zero: false",
			"is_read_only: false", "block_size_minimum: 512", "block_size_preferred: 4096", "block_size_maximum: 33554432",
		} {
			if !strings.Contains(out, want) {
				t.Errorf("nbdinfo doesn't say %q:\n%s", want, out)
			}
		}
	}
	if out := runTool(t, "nbdinfo", "--list", URI("", socket)); !strings.Contains(out, `export="shared"`) {
		t.Errorf("the list of exports:\n%s", out)
	}
	if out, err := exec.Command("nbdinfo", URI("other", socket)).CombinedOutput(); err == nil {
		t.Errorf("an export that isn't there:\n%s", out)
	}
}

func TestNbdcopy(t *testing.T) {
	tool(t, "nbdcopy")
	const size = 24<<20 + 512
	g, _, socket := newGate(t, size, 16)
	dir := t.TempDir()
	from, to := filepath.Join(dir, "from"), filepath.Join(dir, "to")
	want := pattern(size, 5)
	clear(want[3<<20 : 7<<20]) // nbdcopy makes a zeroing of it
	if err := os.WriteFile(from, want, 0o600); err != nil {
		t.Fatal(err)
	}
	runTool(t, "nbdcopy", "--flush", from, URI("shared", socket))
	g.do(func() {
		if !bytes.Equal(g.disk, want) {
			t.Error("the device holds other bytes than were copied to it")
		}
	})
	runTool(t, "nbdcopy", URI("shared", socket), to)
	if got, err := os.ReadFile(to); err != nil || !bytes.Equal(got, want) {
		t.Errorf("the copy holds other bytes than the device (%v)", err)
	}
}

func TestQemuIO(t *testing.T) {
	tool(t, "qemu-io")
	_, _, socket := newGate(t, 64<<20, 16)
	out := runTool(t, "qemu-io", "-f", "raw", URI("shared", socket),
		"-c", "write -P 0x5a 0 33M", "-c", "write -f -P 0x11 1M 4k", "-c", "write -z 2M 1M", "-c", "discard 4M 64k", "-c", "flush",
		"-c", "read -P 0x5a 0 1M", "-c", "read -P 0x11 1M 4k", "-c", "read -P 0 2M 1M", "-c", "read -P 0 4M 64k",
		"-c", "aio_read -P 0x5a 5M 8M", "-c", "aio_read -P 0x5a 13M 8M", "-c", "aio_flush")
	if strings.Contains(out, "failed") || strings.Contains(out, "error") {
		t.Errorf("qemu-io:\n%s", out)
	}
}

func TestFio(t *testing.T) {
	tool(t, "fio")
	if !strings.Contains(runTool(t, "fio", "--enghelp"), "nbd") {
		t.Skip("fio has no nbd engine")
	}
	_, d, socket := newGate(t, 8<<20, 16)
	runTool(t, "fio", "--name=verify", "--ioengine=nbd", "--uri="+URI("shared", socket), "--rw=randwrite",
		"--bsrange=4k-512k", "--blockalign=4k", "--size=8m", "--iodepth=32", "--verify=crc32c", "--verify_fatal=1", "--output=/dev/null")
	eventually(t, "all slots are free", d.home)
}
