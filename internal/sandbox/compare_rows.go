package sandbox

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"math"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
)

// compareRows reads a table from both servers at once, side by side, hashing
// what it reads and noting the first row that differs.
func compareRows(ctx context.Context, a, b *Server, ta, tb *comparedTable, verdict *TableVerdict) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ra, err := openRows(ctx, a, ta)
	if err != nil {
		return fmt.Errorf("read from the %s server: %w", a.Name(), err)
	}
	defer ra.close()
	rb, err := openRows(ctx, b, tb)
	if err != nil {
		return fmt.Errorf("read from the %s server: %w", b.Name(), err)
	}
	defer rb.close()
	for {
		rowA, errA := ra.next()
		if errA != nil && errA != io.EOF {
			return fmt.Errorf("read from the %s server: %w", a.Name(), errA)
		}
		rowB, errB := rb.next()
		if errB != nil && errB != io.EOF {
			return fmt.Errorf("read from the %s server: %w", b.Name(), errB)
		}
		if errA == io.EOF && errB == io.EOF {
			break
		}
		if verdict.Problem == "" && !(errA == nil && errB == nil && bytes.Equal(rowA, rowB)) {
			verdict.Problem = describeRows(ta, a.Name(), b.Name(), ra.digest.Rows, rb.digest.Rows, rowA, rowB)
		}
	}
	verdict.A, verdict.B = ra.sum(), rb.sum()
	if verdict.Problem == "" && verdict.A != verdict.B {
		verdict.Problem = "the hashes differ" // cannot be, unless describeRows is wrong
	}
	return nil
}

// rowReader is the exact text of a table, a row at a time.
type rowReader struct {
	table    *comparedTable
	commands []*exec.Cmd
	stderr   []*bytes.Buffer
	lines    *bufio.Reader
	long     []byte
	floats   []int
	hash     hash.Hash
	digest   Digest
	ended    bool
}

func openRows(ctx context.Context, s *Server, table *comparedTable) (*rowReader, error) {
	r := &rowReader{table: table, hash: sha256.New()}
	expressions := make([]string, len(table.columns))
	for n, column := range table.columns {
		form := formOf(column.dataType)
		if form == formJSON && !s.opts.Install.AtLeast(8, 0, 14) {
			return nil, fmt.Errorf("column %s is JSON: its value types can be told from MySQL 8.0.14 on, this is %s", column.name, s.opts.Install.Number())
		}
		if form == formFloat {
			r.floats = append(r.floats, n)
		}
		expressions[n] = column.expression()
	}
	statement := "SELECT " + strings.Join(expressions, ", ") + " FROM " + quoteName(table.name.database) + "." + quoteName(table.name.table) + " t"
	if table.inKeyOrder() {
		keys := make([]string, len(table.key))
		for n, key := range table.key {
			keys[n] = "t." + quoteName(key)
		}
		statement += " ORDER BY " + strings.Join(keys, ", ")
	}
	session := "SET time_zone = '+00:00', sql_mode = '', net_write_timeout = 3600, group_concat_max_len = 1073741824"
	if s.opts.Install.AtLeast(8, 0, 3) {
		session += ", cte_max_recursion_depth = 4294967295"
	}
	client, err := s.Client(ctx, append(clientFlags(), "--execute="+utf8+session+"; "+statement)...)
	if err != nil {
		return nil, err
	}
	r.add(client)
	if !table.inKeyOrder() {
		sorter := exec.CommandContext(ctx, "sort", "--buffer-size=64M")
		sorter.Env = append(os.Environ(), "LC_ALL=C")
		if sorter.Stdin, err = client.StdoutPipe(); err != nil {
			return nil, err
		}
		r.add(sorter)
	}
	out, err := r.commands[len(r.commands)-1].StdoutPipe()
	if err != nil {
		return nil, err
	}
	r.lines = bufio.NewReaderSize(out, 256<<10)
	// The sorter first: it must be there to read what the client writes.
	for _, cmd := range slices.Backward(r.commands) {
		if err := cmd.Start(); err != nil {
			return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
		}
	}
	return r, nil
}

func (r *rowReader) add(cmd *exec.Cmd) {
	stderr := &bytes.Buffer{}
	cmd.Stderr = stderr
	r.commands, r.stderr = append(r.commands, cmd), append(r.stderr, stderr)
}

// next is the next row; it is valid until the following call. io.EOF comes only
// when the programs ended well: a client that died half way is an error.
func (r *rowReader) next() ([]byte, error) {
	if r.ended {
		return nil, io.EOF
	}
	line, err := r.line()
	if err == io.EOF && len(line) == 0 {
		r.ended = true
		return nil, r.finish()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%w: a row without an end", errShortRow), r.finish())
	}
	if line, err = r.floatBits(line); err != nil {
		return nil, err
	}
	r.hash.Write(line)
	r.hash.Write([]byte{'\n'})
	r.digest.Rows++
	r.digest.Bytes += int64(len(line)) + 1
	return line, nil
}

// line is one line without its newline, of any length.
func (r *rowReader) line() ([]byte, error) {
	r.long = r.long[:0]
	for {
		part, err := r.lines.ReadSlice('\n')
		switch {
		case err == nil && len(r.long) == 0:
			return part[:len(part)-1], nil
		case err == nil:
			r.long = append(r.long, part...)
			return r.long[:len(r.long)-1], nil
		case err == bufio.ErrBufferFull:
			r.long = append(r.long, part...)
		default:
			return append(r.long, part...), err
		}
	}
}

// floatBits replaces printed doubles by their bits.
func (r *rowReader) floatBits(line []byte) ([]byte, error) {
	if len(r.floats) == 0 {
		return line, nil
	}
	fields := bytes.Split(line, []byte{'\t'})
	for _, n := range r.floats {
		if n >= len(fields) {
			return nil, fmt.Errorf("%w: %q", errShortRow, line)
		}
		if text := string(fields[n]); text != "NULL" {
			number, err := strconv.ParseFloat(text, 64)
			if err != nil {
				return nil, fmt.Errorf("column %s: %w", r.table.columns[n].name, err)
			}
			fields[n] = fmt.Appendf(nil, "%016x", math.Float64bits(number))
		}
	}
	return bytes.Join(fields, []byte{'\t'}), nil
}

// finish waits for the programs; it is io.EOF if all went well.
func (r *rowReader) finish() error {
	var errs []error
	for n, cmd := range r.commands {
		if err := cmd.Wait(); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w: %s", cmd.Path, err, lastLines(r.stderr[n].String(), 3)))
		}
	}
	r.commands = nil
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	return io.EOF
}

// close ends programs that are still running.
func (r *rowReader) close() {
	for _, cmd := range r.commands {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	r.commands = nil
}

func (r *rowReader) sum() Digest {
	r.digest.SHA256 = hex.EncodeToString(r.hash.Sum(nil))
	return r.digest
}

// describeRows says how two rows at the same place differ. A nil row is one
// that is not there: the table ended.
func describeRows(table *comparedTable, nameA, nameB string, numberA, numberB int64, a, b []byte) string {
	switch {
	case a == nil:
		return fmt.Sprintf("the %s server has no row %d, the %s server has %s", nameA, numberB, nameB, shorten(b))
	case b == nil:
		return fmt.Sprintf("the %s server has no row %d, the %s server has %s", nameB, numberA, nameA, shorten(a))
	}
	fieldsA, fieldsB := bytes.Split(a, []byte{'\t'}), bytes.Split(b, []byte{'\t'})
	var key, different []string
	for n, column := range table.columns {
		if n >= len(fieldsA) || n >= len(fieldsB) {
			break
		}
		if slices.Contains(table.key, column.name) {
			key = append(key, fmt.Sprintf("%s=%s", column.name, shorten(fieldsA[n])))
		}
		if !bytes.Equal(fieldsA[n], fieldsB[n]) {
			different = append(different, fmt.Sprintf("%s is %s on the %s server and %s on the %s server",
				column.name, shorten(fieldsA[n]), nameA, shorten(fieldsB[n]), nameB))
		}
	}
	place := fmt.Sprintf("row %d", numberA)
	if len(key) > 0 {
		place += " (" + strings.Join(key, ", ") + ")"
	}
	return place + ": " + strings.Join(different, "; ")
}

func shorten(text []byte) string {
	const most = 200
	if len(text) <= most {
		return strconv.Quote(string(text))
	}
	return fmt.Sprintf("%s and %d more bytes", strconv.Quote(string(text[:most])), len(text)-most)
}
