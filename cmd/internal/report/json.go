package report

import (
	"encoding/json"
	"fmt"
	"io"

	"hast/states"
	"hast/wire"
)

// problem is the JSON of a resource that there is no status of.
type problem struct {
	Name   string `json:"name"`
	Code   int16  `json:"error"`
	Reason string `json:"reason,omitempty"`
}

// plain is the JSON of a status of a daemon that sends no detail: FreeBSD's.
type plain struct {
	Name   string               `json:"name"`
	Role   string               `json:"role"`
	Status *wire.ResourceStatus `json:"freebsd,omitempty"`
}

// JSON writes an array with an object for each resource: actors.Status of our hastd, what there is of
// FreeBSD's, or the error.
func JSON(w io.Writer, rep *wire.ControlReply) error {
	all := make([]any, 0, len(rep.Resources))
	for i := range rep.Resources {
		r := &rep.Resources[i]
		switch {
		case r.Error != 0:
			all = append(all, problem{r.Name, r.Error, r.ErrMsg})
		case r.JSON == "":
			all = append(all, plain{r.Name, r.Role, r.Status})
		case !json.Valid([]byte(r.JSON)):
			return fmt.Errorf("hastd's detail on resource %s is no JSON; hastctl and hastd must be of the same version", r.Name)
		default:
			all = append(all, json.RawMessage(r.JSON))
		}
	}
	return write(w, all)
}

// Component is what dump --json tells of a component.
type Component struct {
	Resource   string `json:"resource"`
	Path       string `json:"path"`
	DataSize   uint64 `json:"datasize"`   // bytes
	ExtentSize uint32 `json:"extentsize"` // bytes
	KeepDirty  uint32 `json:"keepdirty"`  // extents
	LocalOff   uint64 `json:"localoff"`   // bytes
	ResUID     uint64 `json:"resuid"`
	LocalCnt   uint64 `json:"localcnt"`
	RemoteCnt  uint64 `json:"remotecnt"`
	PrevRole   string `json:"prevrole"`
	Error      string `json:"error,omitempty"`
}

// NewComponent describes the record of the component at path.
func NewComponent(path string, r *states.Record) Component {
	return Component{
		Resource: r.Resource, Path: path,
		DataSize: r.DataSize, ExtentSize: r.ExtentSize, KeepDirty: r.KeepDirty, LocalOff: r.LocalOff,
		ResUID: r.ResUID, LocalCnt: r.LocalCnt, RemoteCnt: r.RemoteCnt, PrevRole: r.PrevRole.String(),
	}
}

// DumpJSON writes an array with an object for each component.
func DumpJSON(w io.Writer, all []Component) error {
	if all == nil {
		all = []Component{}
	}
	return write(w, all)
}

func write(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
