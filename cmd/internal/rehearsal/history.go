package rehearsal

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/google/renameio/v2"
)

// History is what rehearsals of one plan have come to, the oldest first. Only those
// that went well are in it.
type History struct {
	Version int    `json:"version"`
	Digest  string `json:"digest"`
	Plan    string `json:"plan"`
	Past    []Past `json:"rehearsals"`
}

// Past is one of them.
type Past struct {
	At     time.Time `json:"at"`
	Rounds int       `json:"rounds"`
	// Stages are measured each for itself.
	Stages []StagePast `json:"stages"`
	Failed int64       `json:"failed_statements"`
	// Sample is set where the sample database was used.
	Sample bool `json:"sample,omitempty"`
}

// StagePast is what a stage's handovers took, both ways.
type StagePast struct {
	Stage string        `json:"stage"`
	Pause Quantiles     `json:"pause"`
	Steps []StepSummary `json:"steps"`
}

// historyVersion grows when something in a history changes its meaning.
const historyVersion = 1

// keep is how many rehearsals of a plan are kept.
const keep = 50

// File is where the history of a plan is kept in a folder.
func File(dir, digest string) string { return filepath.Join(dir, digest+".json") }

// Read reads the history of a plan; an empty one if there is none.
func Read(dir, digest string) (History, error) {
	h := History{Version: historyVersion, Digest: digest}
	data, err := os.ReadFile(File(dir, digest))
	if errors.Is(err, fs.ErrNotExist) {
		return h, nil
	}
	if err != nil {
		return h, fmt.Errorf("read the history of rehearsals: %w", err)
	}
	if err := json.Unmarshal(data, &h); err != nil {
		return h, fmt.Errorf("read the history of rehearsals %s: %w", File(dir, digest), err)
	}
	return h, nil
}

// Add adds a rehearsal to the history of a plan.
func Add(dir, digest, plan string, p Past) error {
	h, err := Read(dir, digest)
	if err != nil {
		return err
	}
	h.Plan = plan
	h.Past = append(h.Past, p)
	h.Past = h.Past[max(0, len(h.Past)-keep):]
	data, err := json.MarshalIndent(h, "", "  ")
	if err != nil {
		return fmt.Errorf("write the history of rehearsals: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("write the history of rehearsals: %w", err)
	}
	if err := renameio.WriteFile(File(dir, digest), append(data, '\n'), 0o600); err != nil {
		return fmt.Errorf("write the history of rehearsals: %w", err)
	}
	return nil
}

// AddTo adds it to _tandem.rehearsal on a side, for those who run the plan from
// another machine.
func AddTo(ctx context.Context, db *sql.DB, migration, digest, plan, who string, p Past) error {
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	for _, statement := range []string{
		`CREATE DATABASE IF NOT EXISTS _tandem`,
		`CREATE TABLE IF NOT EXISTS _tandem.rehearsal (
			id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
			migration VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
			digest CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
			plan VARBINARY(255) NOT NULL, who VARBINARY(255) NOT NULL, at DATETIME(6) NOT NULL, result MEDIUMBLOB NOT NULL,
			KEY digest (digest)) ENGINE=InnoDB`,
	} {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("make the table of rehearsals: %w", err)
		}
	}
	_, err = db.ExecContext(ctx, `INSERT INTO _tandem.rehearsal (migration, digest, plan, who, at, result) VALUES (?, ?, ?, ?, ?, ?)`,
		migration, digest, plan, who, p.At.UTC().Format("2006-01-02 15:04:05.000000"), string(text))
	if err != nil {
		return fmt.Errorf("keep the rehearsal: %w", err)
	}
	return nil
}
