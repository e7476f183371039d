package report

import (
	"fmt"
	"io"

	"hast/states"
)

// Dump writes a component's metadata.
func Dump(w io.Writer, r *states.Record) {
	fmt.Fprintf(w, "resource: %s\n", r.Resource)
	fmt.Fprintf(w, "    datasize: %d (%s)\n", r.DataSize, Human(r.DataSize))
	fmt.Fprintf(w, "    extentsize: %d (%s)\n", r.ExtentSize, Human(uint64(r.ExtentSize)))
	fmt.Fprintf(w, "    keepdirty: %d\n", r.KeepDirty)
	fmt.Fprintf(w, "    localoff: %d\n", r.LocalOff)
	fmt.Fprintf(w, "    resuid: %d\n", r.ResUID)
	fmt.Fprintf(w, "    localcnt: %d\n", r.LocalCnt)
	fmt.Fprintf(w, "    remotecnt: %d\n", r.RemoteCnt)
	fmt.Fprintf(w, "    prevrole: %s\n", r.PrevRole)
}
