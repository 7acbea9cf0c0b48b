package ui

import (
	"fmt"
	"strings"

	"github.com/mattn/go-runewidth"
)

// Table is an aligned table without lines around it.
type Table struct {
	Header []string // "" for every column: no header line
	Right  []int    // columns that are aligned to the right
	Indent int

	rows [][]Cell
}

// Cell is one text of a table.
type Cell struct {
	Text  string
	Style Style
}

// Row adds a row of plain cells.
func (t *Table) Row(texts ...string) {
	cells := make([]Cell, len(texts))
	for i, text := range texts {
		cells[i].Text = text
	}
	t.Cells(cells...)
}

// Cells adds a row.
func (t *Table) Cells(cells ...Cell) { t.rows = append(t.rows, cells) }

// Len is the number of rows.
func (t *Table) Len() int { return len(t.rows) }

// Write writes the table. Widths are those of a terminal, where a Japanese
// character takes two columns.
func (t *Table) Write(out Stream) error {
	rows := t.rows
	if strings.Join(t.Header, "") != "" {
		header := make([]Cell, len(t.Header))
		for i, text := range t.Header {
			header[i] = Cell{text, Dim}
		}
		rows = append([][]Cell{header}, rows...)
	}
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], runewidth.StringWidth(cell.Text))
		}
	}
	right := map[int]bool{}
	for _, i := range t.Right {
		right[i] = true
	}
	for _, row := range rows {
		last := len(row) - 1
		for last > 0 && row[last].Text == "" {
			last-- // no blanks at the end of a line
		}
		var b strings.Builder
		b.WriteString(strings.Repeat(" ", t.Indent))
		for i, cell := range row[:last+1] {
			pad := strings.Repeat(" ", widths[i]-runewidth.StringWidth(cell.Text))
			switch {
			case right[i]:
				b.WriteString(pad + out.Paint(cell.Style, cell.Text))
			case i == last:
				b.WriteString(out.Paint(cell.Style, cell.Text))
			default:
				b.WriteString(out.Paint(cell.Style, cell.Text) + pad)
			}
			if i < last {
				b.WriteString("  ")
			}
		}
		if _, err := fmt.Fprintln(out, b.String()); err != nil {
			return err
		}
	}
	return nil
}

// Shorten cuts a text to a number of columns, with an ellipsis.
func Shorten(text string, columns int) string {
	if columns <= 0 {
		return text
	}
	return runewidth.Truncate(text, columns, "…")
}
