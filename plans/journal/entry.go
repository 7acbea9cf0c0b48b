package journal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
)

// Kind is what an entry tells of.
type Kind string

// The kinds of entries.
const (
	RunBegun      Kind = "run begun"
	StepBegun     Kind = "step begun"
	StepConfirmed Kind = "step confirmed"
	StepUndone    Kind = "step undone"
	GateResult    Kind = "gate result"
	Approval      Kind = "approval"
	Note          Kind = "note"
	RunEnded      Kind = "run ended"
)

// Kinds lists the kinds of entries.
func Kinds() []Kind {
	return []Kind{RunBegun, StepBegun, StepConfirmed, StepUndone, GateResult, Approval, Note, RunEnded}
}

// Event is what is to be recorded.
type Event struct {
	Run  string
	Kind Kind
	Step string // such as orders/fence; empty where it is about the run
	Data Data
}

// Entry is an event in its place in the chain. It is made by [Seal] and read
// from a line, and never changed.
type Entry struct {
	Seq  uint64 // from 1, without a gap
	Time time.Time
	Event
	Prev string // hash of the entry before; [Origin] for the first
	Hash string

	line []byte // as it is stored, without the end of line
}

// version is that of the form of a line.
const version = 1

// Origin is what the first entry has in the place of a hash before it.
const Origin = "0000000000000000000000000000000000000000000000000000000000000000"

// record is an entry as it is written, without its hash.
type record struct {
	Version int       `json:"v"`
	Seq     uint64    `json:"seq"`
	Time    time.Time `json:"time"`
	Run     string    `json:"run"`
	Kind    Kind      `json:"kind"`
	Step    string    `json:"step,omitempty"`
	Data    Data      `json:"data,omitempty"`
	Prev    string    `json:"prev"`
}

// Seal makes the entry that follows last in a chain; last is the zero Entry for
// the first one.
func Seal(last Entry, now time.Time, e Event) (Entry, error) {
	if !known(e.Kind) {
		return Entry{}, fmt.Errorf("journal: there is no kind of entry %q", e.Kind)
	}
	prev := last.Hash
	if last.Seq == 0 {
		prev = Origin
	}
	data, err := e.Data.plain()
	if err != nil {
		return Entry{}, fmt.Errorf("journal: %s %s: %w", e.Kind, e.Step, err)
	}
	r := record{
		Version: version, Seq: last.Seq + 1, Time: now.UTC().Round(0).Truncate(time.Microsecond),
		Run: mask(e.Run), Kind: e.Kind, Step: mask(e.Step), Data: data, Prev: prev,
	}
	body, err := encode(r)
	if err != nil {
		return Entry{}, fmt.Errorf("journal: %s %s: %w", e.Kind, e.Step, err)
	}
	line := append(bytes.TrimSuffix(body, []byte("}")), hashMark...)
	line = append(append(line, hashOf(line[:len(line)-len(hashMark)])...), `"}`...)
	return parseLine(line)
}

// encode writes one line of JSON. Texts that are not UTF-8 are made so, as they
// could not be read back otherwise.
func encode(r record) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(r); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// hashMark stands between what is hashed and the hash.
const hashMark = `,"hash":"`

const hashLength = 2 * sha256.Size

func hashOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// parseLine reads a line and checks it by itself; whether it follows the line
// before is [chain]'s to see.
func parseLine(line []byte) (Entry, error) {
	tail := len(hashMark) + hashLength + len(`"}`)
	if len(line) < tail || !bytes.HasSuffix(line, []byte(`"}`)) || string(line[len(line)-tail:len(line)-tail+len(hashMark)]) != hashMark {
		return Entry{}, fmt.Errorf("does not end with a hash")
	}
	body := line[:len(line)-tail]
	hash := string(line[len(line)-tail+len(hashMark) : len(line)-2])
	if got := hashOf(body); got != hash {
		return Entry{}, fmt.Errorf("does not fit its hash: it was changed, or damaged")
	}
	var r record
	decoder := json.NewDecoder(strings.NewReader(string(body) + "}"))
	decoder.UseNumber()
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r); err != nil {
		return Entry{}, fmt.Errorf("can not be read: %w", err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return Entry{}, fmt.Errorf("holds more than one entry")
	}
	switch {
	case r.Version != version:
		return Entry{}, fmt.Errorf("was written by another version of tandem (form %d)", r.Version)
	case !known(r.Kind):
		return Entry{}, fmt.Errorf("is of the kind %q, which this tandem does not know", r.Kind)
	}
	data, err := r.Data.revive()
	if err != nil {
		return Entry{}, fmt.Errorf("can not be read: %w", err)
	}
	return Entry{
		Seq: r.Seq, Time: r.Time, Event: Event{Run: r.Run, Kind: r.Kind, Step: r.Step, Data: data},
		Prev: r.Prev, Hash: hash, line: bytes.Clone(line),
	}, nil
}

// Line returns the entry as it is stored, without the end of line.
func (e Entry) Line() []byte { return bytes.Clone(e.line) }

// follows tells whether e may stand behind last.
func (e Entry) follows(last Entry) error {
	prev := last.Hash
	if last.Seq == 0 {
		prev = Origin
	}
	switch {
	case e.Seq != last.Seq+1:
		return fmt.Errorf("has the number %d where %d is due: lines are missing, repeated or in another order", e.Seq, last.Seq+1)
	case e.Prev != prev:
		return fmt.Errorf("does not follow the line before it")
	}
	return nil
}

func known(k Kind) bool {
	for _, one := range Kinds() {
		if one == k {
			return true
		}
	}
	return false
}
