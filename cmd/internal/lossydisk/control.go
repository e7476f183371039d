package lossydisk

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

const (
	// mostCommand bounds a command, in bytes.
	mostCommand = 4096
	// commandTime is how long a command may take.
	commandTime = 30 * time.Second
)

// Usage is what a disk can be told.
const Usage = `cut none|all|random SEED   lose power: keep none, all or some of what wasn't flushed
stick read|write|flush|all let operations wait
unstick                    let them go on
fail KIND [from OFFSET] [to OFFSET] [errno NAME] [times N]
                           let operations fail: read, write, flush or all
heal                       let none fail any more
save, restore              remember the content, and come back with it
watch MAP DATA EXTENT      record operations; offsets of map and data and the size of an extent, in bytes
record                     say what was recorded, as JSON`

// obey carries out a command and gives what there is to say.
func (d *disk) obey(words []string) (string, error) {
	if len(words) == 0 {
		return "", errors.New("no command; there are:\n" + Usage)
	}
	args := words[1:]
	if n, known := arguments[words[0]]; !known || n >= 0 && len(args) != n {
		return "", fmt.Errorf("%q is no command; there are:\n%s", strings.Join(words, " "), Usage)
	}
	switch words[0] {
	case "cut":
		seed, err := strconv.ParseUint(args[1], 0, 64)
		if err != nil {
			return "", err
		}
		loose, kept, err := d.cut(keeping(args[0]), seed)
		return fmt.Sprintf("%d of %d sectors kept", kept, loose), err
	case "stick":
		return "", d.stick(kind(args[0]))
	case "unstick":
		d.unstick()
	case "fail":
		return "", d.fail(args)
	case "heal":
		d.heal()
	case "save":
		d.save()
	case "restore":
		return "", d.restore()
	case "watch":
		var n [3]int64
		for i := range n {
			var err error
			if n[i], err = strconv.ParseInt(args[i], 0, 64); err != nil {
				return "", err
			}
		}
		return "", d.watch(layout{mapAt: n[0], data: n[1], extent: n[2]})
	case "record":
		b, err := json.Marshal(d.recorded())
		return string(b), err
	}
	return "", nil
}

// arguments is how many each command has; -1: it looks itself.
var arguments = map[string]int{
	"cut": 2, "stick": 1, "unstick": 0, "fail": -1, "heal": 0, "save": 0, "restore": 0, "watch": 3, "record": 0,
}

// serveControl obeys whoever connects, one after the other: a connection is a command and its answer.
func (d *disk) serveControl(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		_ = c.SetDeadline(time.Now().Add(commandTime))
		text, err := io.ReadAll(io.LimitReader(c, mostCommand))
		said := ""
		if err == nil {
			said, err = d.obey(strings.Fields(string(text)))
		}
		if err != nil {
			said = "error " + err.Error()
		} else {
			said = "ok " + said
		}
		_, _ = io.WriteString(c, said)
		c.Close()
	}
}

// Tell gives a command to the disk whose socket that is, and returns what it says.
func Tell(socket string, words ...string) (string, error) {
	c, err := net.DialTimeout("unix", socket, commandTime)
	if err != nil {
		return "", err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(commandTime))
	if _, err := io.WriteString(c, strings.Join(words, " ")); err != nil {
		return "", err
	}
	if err := c.(*net.UnixConn).CloseWrite(); err != nil {
		return "", err
	}
	text, err := io.ReadAll(c)
	if err != nil {
		return "", err
	}
	if said, ok := strings.CutPrefix(string(text), "ok "); ok {
		return said, nil
	}
	return "", fmt.Errorf("disk %s: %s: %s", socket, strings.Join(words, " "), text)
}
