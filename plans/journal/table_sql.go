package journal

// The statements of the copy in a database. The line is stored as the bytes
// that it has everywhere; the columns beside it are for people who look with a
// client at 3 a.m., and are checked against the line when it is read.

// TableStatements create the table where it is missing.
func TableStatements() []string {
	return []string{
		`CREATE DATABASE IF NOT EXISTS _tandem`,
		`CREATE TABLE IF NOT EXISTS _tandem.journal (
  migration varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  seq bigint unsigned NOT NULL,
  run varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  kind varchar(32) CHARACTER SET ascii NOT NULL,
  step varchar(191) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  line mediumblob NOT NULL,
  PRIMARY KEY (migration, seq)
) ENGINE=InnoDB`,
	}
}

const (
	selectTable = `SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = '_tandem' AND TABLE_NAME = 'journal'`
	selectLines = `SELECT seq, run, kind, step, line FROM _tandem.journal WHERE migration = ? ORDER BY seq`
	// The last row is locked, so two writers come one after the other, or the key
	// tells one of them.
	selectLast = `SELECT seq, line FROM _tandem.journal WHERE migration = ? ORDER BY seq DESC LIMIT 1 FOR UPDATE`
	selectOne  = `SELECT line FROM _tandem.journal WHERE migration = ? AND seq = ?`
	insertLine = `INSERT INTO _tandem.journal (migration, seq, run, kind, step, line) VALUES (?, ?, ?, ?, ?, ?)`
	insertMore = `, (?, ?, ?, ?, ?, ?)`
)
