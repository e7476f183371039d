package report

import (
	"fmt"
	"io"

	"hast/wire"
)

// Status writes one line for each resource, under a heading.
func Status(w io.Writer, rep *wire.ControlReply) {
	if len(rep.Resources) > 0 {
		fmt.Fprint(w, "Name\tStatus\t Role\t\tComponents\n")
	}
	for i := range rep.Resources {
		r := &rep.Resources[i]
		if r.Error != 0 || r.Status == nil {
			fmt.Fprintf(w, "%s\tERR%d\n", r.Name, r.Error)
			continue
		}
		status := "-"
		if r.Status.Worker != nil {
			status = r.Status.Worker.Status
		}
		fmt.Fprintf(w, "%s\t%-9s%-15s%s\t%s\n", r.Name, status, r.Role, r.Status.LocalPath, r.Status.RemoteAddr)
	}
}

// List writes all that is known of each resource.
func List(w io.Writer, rep *wire.ControlReply) {
	for i := range rep.Resources {
		list(w, &rep.Resources[i])
	}
}

func list(w io.Writer, r *wire.ControlResource) {
	fmt.Fprintf(w, "%s:\n", r.Name)
	if r.Error != 0 || r.Status == nil {
		fmt.Fprintf(w, "  error: %d\n", r.Error)
		return
	}
	s := r.Status
	worker := s.Worker
	if worker == nil {
		worker = &wire.WorkerStatus{}
	}
	fmt.Fprintf(w, "  role: %s\n", r.Role)
	fmt.Fprintf(w, "  provname: %s\n", s.Provider)
	fmt.Fprintf(w, "  localpath: %s\n", s.LocalPath)
	fmt.Fprintf(w, "  extentsize: %d (%s)\n", worker.ExtentSize, Human(uint64(worker.ExtentSize)))
	fmt.Fprintf(w, "  keepdirty: %d\n", worker.KeepDirty)
	fmt.Fprintf(w, "  remoteaddr: %s\n", s.RemoteAddr)
	if s.SourceAddr != "" {
		fmt.Fprintf(w, "  sourceaddr: %s\n", s.SourceAddr)
	}
	fmt.Fprintf(w, "  replication: %s\n", s.Replication)
	if worker.Status != "" {
		fmt.Fprintf(w, "  status: %s\n", worker.Status)
	}
	if s.WorkerPID != 0 {
		fmt.Fprintf(w, "  workerpid: %d\n", s.WorkerPID)
	}
	fmt.Fprintf(w, "  dirty: %d (%s)\n", worker.Dirty, Human(worker.Dirty))
	fmt.Fprint(w, "  statistics:\n")
	fmt.Fprintf(w, "    reads: %d\n", worker.Reads)
	fmt.Fprintf(w, "    writes: %d\n", worker.Writes)
	fmt.Fprintf(w, "    deletes: %d\n", worker.Deletes)
	fmt.Fprintf(w, "    flushes: %d\n", worker.Flushes)
	fmt.Fprintf(w, "    activemap updates: %d\n", worker.MapUpdates)
	fmt.Fprintf(w, "    local errors: read: %d, write: %d, delete: %d, flush: %d\n",
		worker.ReadErrors, worker.WriteErrors, worker.DeleteErrors, worker.FlushErrors)
	fmt.Fprintf(w, "    queues: local: %d, send: %d, recv: %d, done: %d, idle: %d\n",
		worker.LocalQueue, worker.SendQueue, worker.RecvQueue, worker.DoneQueue, worker.IdleQueue)
}
