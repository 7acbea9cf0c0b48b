package ownership

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// Kind is what a signal is for.
type Kind string

// The kinds: a marker goes to the other side, a canary comes back.
const (
	Marker Kind = "marker"
	Canary Kind = "canary"
)

// Signal is a row that is carried through the log like any change: when it has
// arrived, everything that was committed before it has been applied.
type Signal struct {
	ID     uint64
	Kind   Kind
	Origin Side
}

// keepSignals is how long signals stay in the tables.
const keepSignals = "1 DAY"

// Send writes a signal on its side of origin, db.
func Send(ctx context.Context, db *sql.DB, migration string, kind Kind, origin Side) (Signal, error) {
	var b [8]byte
	if _, err := rand.Read(b[:]); err != nil {
		return Signal{}, fmt.Errorf("send a %s: %w", kind, err)
	}
	s := Signal{ID: binary.LittleEndian.Uint64(b[:]) >> 1, Kind: kind, Origin: origin}
	_, err := db.ExecContext(ctx, `INSERT INTO _tandem.signal (id, migration, kind, origin) VALUES (?, ?, ?, ?)`,
		s.ID, migration, string(kind), string(origin))
	if err != nil {
		return Signal{}, fmt.Errorf("send a %s from the %s: %w", kind, origin, err)
	}
	return s, nil
}

// Sweep removes signals of days past from one side.
func Sweep(ctx context.Context, db *sql.DB) error {
	for _, sql := range []string{
		"DELETE FROM _tandem.signal WHERE sent_at < CURRENT_TIMESTAMP - INTERVAL " + keepSignals + " LIMIT 1000",
		"DELETE FROM _tandem.signal_seen WHERE seen_at < CURRENT_TIMESTAMP - INTERVAL " + keepSignals + " LIMIT 1000",
	} {
		if _, err := db.ExecContext(ctx, sql); err != nil {
			return fmt.Errorf("remove old signals: %w", err)
		}
	}
	return nil
}

// Seen tells whether a link has carried a signal to the side that it writes, db.
func Seen(ctx context.Context, db *sql.DB, link string, id uint64) (bool, error) {
	var one int
	err := db.QueryRowContext(ctx, `SELECT 1 FROM _tandem.signal_seen WHERE link = ? AND id = ?`, link, id).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for a signal: %w", err)
	}
	return true, nil
}

// Looks for a signal come as often as this, the first ones sooner: writers may be
// waiting for it.
const (
	firstLook = time.Millisecond
	lookEvery = 20 * time.Millisecond
)

// AwaitSeen waits until a link has carried a signal, or ctx ends, which is an
// error that is ctx's cause.
func AwaitSeen(ctx context.Context, db *sql.DB, link string, s Signal) error {
	for pause := firstLook; ; pause = min(pause*5/4+firstLook/4, lookEvery) {
		seen, err := Seen(ctx, db, link, s.ID)
		if ctx.Err() != nil {
			return fmt.Errorf("wait for the %s at %s: %w", s.Kind, link, context.Cause(ctx))
		}
		if err != nil || seen {
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}
