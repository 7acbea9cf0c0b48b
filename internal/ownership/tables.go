package ownership

// Tables are the statements that create what is kept on each side.
//
// ownership is the record itself; crossed is what a link has learnt of it from
// the log that it reads, on the side that it writes, and crossed_table which tables
// went with a group. A row of signal is carried by the link that reads its side,
// which answers with one of signal_seen on the other.
var Tables = [...]string{
	`CREATE DATABASE IF NOT EXISTS _tandem`,
	`CREATE TABLE IF NOT EXISTS _tandem.ownership (
  migration varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  group_name varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  owner enum('source','target') CHARACTER SET ascii NOT NULL,
  epoch bigint unsigned NOT NULL,
  PRIMARY KEY (migration, group_name)
) ENGINE=InnoDB`,
	`CREATE TABLE IF NOT EXISTS _tandem.crossed (
  link varchar(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  group_name varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  owner enum('source','target') CHARACTER SET ascii NOT NULL,
  epoch bigint unsigned NOT NULL,
  crossed_at timestamp(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
  PRIMARY KEY (link, group_name)
) ENGINE=InnoDB`,
	`CREATE TABLE IF NOT EXISTS _tandem.crossed_table (
  link varchar(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  schema_name varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  table_name varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  owner enum('source','target') CHARACTER SET ascii NOT NULL,
  PRIMARY KEY (link, schema_name, table_name)
) ENGINE=InnoDB`,
	`CREATE TABLE IF NOT EXISTS _tandem.signal (
  id bigint unsigned NOT NULL,
  migration varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  kind enum('marker','canary') CHARACTER SET ascii NOT NULL,
  origin enum('source','target') CHARACTER SET ascii NOT NULL,
  sent_at timestamp(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  PRIMARY KEY (id),
  KEY (sent_at)
) ENGINE=InnoDB`,
	`CREATE TABLE IF NOT EXISTS _tandem.signal_seen (
  link varchar(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  id bigint unsigned NOT NULL,
  seen_at timestamp(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  PRIMARY KEY (id, link),
  KEY (seen_at)
) ENGINE=InnoDB`,
}
