package courier

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
)

// Dialect is what the schema and the load need to know about a server.
type Dialect struct {
	JSON           bool   // 5.7: the JSON type and its functions
	Generated      bool   // 5.7: generated columns
	FunctionalKeys bool   // 8.0.13: keys over expressions
	Invisible      bool   // 8.0.23: invisible columns
	Collation      string // for text without a special collation of its own
}

// DialectOf asks the server for its version.
func DialectOf(ctx context.Context, db *sql.DB) (Dialect, error) {
	var version string
	if err := db.QueryRowContext(ctx, "SELECT VERSION()").Scan(&version); err != nil {
		return Dialect{}, fmt.Errorf("read server version: %w", err)
	}
	return dialectFor(version)
}

func dialectFor(version string) (Dialect, error) {
	number, _, _ := strings.Cut(version, "-")
	parts := strings.Split(number, ".")
	if len(parts) < 3 {
		return Dialect{}, fmt.Errorf("server version %q is not of the form 8.0.36", version)
	}
	n := 0
	for _, part := range parts[:3] {
		i, err := strconv.Atoi(part)
		if err != nil || i > 99 {
			return Dialect{}, fmt.Errorf("server version %q is not of the form 8.0.36", version)
		}
		n = n*100 + i
	}
	d := Dialect{
		JSON:           n >= 50708,
		Generated:      n >= 50708,
		FunctionalKeys: n >= 80013,
		Invisible:      n >= 80023,
		Collation:      "utf8mb4_unicode_ci",
	}
	if n >= 80001 {
		d.Collation = "utf8mb4_0900_ai_ci"
	}
	return d, nil
}
