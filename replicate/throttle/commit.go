package throttle

import (
	"context"
	"database/sql"
	"time"
)

// commits times a tiny commit on the target. Its way there and back, as a ping
// has it, is taken off: the target may be on another continent.
type commits struct {
	db   *sql.DB
	link string
}

func (c *commits) measure(ctx context.Context) (float64, error) {
	conn, err := c.db.Conn(ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	start := time.Now()
	if err := conn.PingContext(ctx); err != nil {
		return 0, err
	}
	way := time.Since(start)
	start = time.Now()
	_, err = conn.ExecContext(ctx, "INSERT INTO _tandem.throttle (link, n) VALUES (?, 1) ON DUPLICATE KEY UPDATE n = n + 1", c.link)
	if err != nil {
		return 0, err
	}
	return max(time.Since(start)-way, 0).Seconds(), nil
}
