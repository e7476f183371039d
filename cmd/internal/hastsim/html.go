package hastsim

import (
	_ "embed"
	"encoding/json"
	"html/template"
	"io"

	"hast/simulation/campaign"
)

// page is the whole page but for what it shows: no other file and no network is needed to look at it.
//
//go:embed page.html
var page string

var pageTemplate = template.Must(template.New("page").Parse(page))

// mostRows is how many rows a page holds; of a longer run it shows the last ones, with all that is more than
// a message.
const mostRows = 60_000

// writeHTML writes a page that shows a run.
func writeHTML(w io.Writer, r *campaign.Result, rec *campaign.Record) error {
	rows := rec.Rows
	if len(rows) > mostRows {
		early := len(rows) - mostRows
		var kept []campaign.Row
		for i := range rows {
			if i >= early || telling(&rows[i]) || rows[i].Nodes != nil && i%50 == 0 {
				kept = append(kept, rows[i])
			}
		}
		rows = kept
	}
	data, err := json.Marshal(map[string]any{"head": headOf(r), "rows": rows, "strips": rec.Strips, "end": endOf(r), "sector": r.Sector})
	if err != nil {
		return err
	}
	return pageTemplate.Execute(w, map[string]any{"Title": r.Line(), "Data": template.JS(data)})
}
