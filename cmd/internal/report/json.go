package report

import (
	"encoding/json"
	"fmt"
	"io"

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
