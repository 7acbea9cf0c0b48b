package copier

import "testing"

func TestRenames(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]bool{
		"RENAME TABLE a TO b":                                  true,
		"rename table a to b, c to a":                          true,
		"ALTER TABLE a RENAME TO b":                            true,
		"ALTER TABLE a ADD COLUMN x INT,RENAME b":              true,
		"/* note */RENAME\tTABLES a TO b":                      true,
		"ALTER TABLE a RENAME COLUMN x TO y":                   false,
		"ALTER TABLE a RENAME INDEX x TO y, RENAME KEY z TO q": false,
		"ALTER TABLE a RENAME COLUMN x TO y, RENAME TO c":      true,
		"CREATE TABLE `RENAMED` (id INT)":                      false,
		"ALTER TABLE a ADD COLUMN renamed INT":                 false,
	} {
		if got := renames(sql); got != want {
			t.Errorf("%s: %v, want %v", sql, got, want)
		}
	}
}
