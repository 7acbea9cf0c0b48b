package applier

// Tables are the statements that create what the applier keeps on the side
// that it writes to, next to the data.
var Tables = [...]string{
	`CREATE DATABASE IF NOT EXISTS _tandem`,
	`CREATE TABLE IF NOT EXISTS _tandem.checkpoint (
  link varchar(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  lane smallint unsigned NOT NULL,
  lanes smallint unsigned NOT NULL,
  epoch bigint unsigned NOT NULL,
  seq bigint unsigned NOT NULL,
  base longtext CHARACTER SET ascii NOT NULL,
  position longtext CHARACTER SET ascii NOT NULL,
  binlog_file varchar(255) CHARACTER SET ascii NOT NULL DEFAULT '',
  binlog_pos bigint unsigned NOT NULL DEFAULT 0,
  committed_at datetime(6) NULL,
  PRIMARY KEY (link, lane)
) ENGINE=InnoDB`,
	`CREATE TABLE IF NOT EXISTS _tandem.conflict (
  id bigint unsigned NOT NULL AUTO_INCREMENT,
  link varchar(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  gtid varchar(128) CHARACTER SET ascii NOT NULL,
  table_name varchar(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  operation varchar(16) CHARACTER SET ascii NOT NULL,
  reason varchar(1000) CHARACTER SET utf8mb4 NOT NULL,
  row_key longtext CHARACTER SET utf8mb4,
  before_image longtext CHARACTER SET utf8mb4,
  after_image longtext CHARACTER SET utf8mb4,
  found_row longtext CHARACTER SET utf8mb4,
  seen_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (id),
  KEY (link, gtid)
) ENGINE=InnoDB`,
	`CREATE TABLE IF NOT EXISTS _tandem.breach (
  id bigint unsigned NOT NULL AUTO_INCREMENT,
  link varchar(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  gtid varchar(128) CHARACTER SET ascii NOT NULL,
  table_name varchar(256) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  operation varchar(16) CHARACTER SET ascii NOT NULL,
  before_image longtext CHARACTER SET utf8mb4,
  after_image longtext CHARACTER SET utf8mb4,
  statement longtext CHARACTER SET utf8mb4,
  seen_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (id),
  KEY (link, gtid)
) ENGINE=InnoDB`,
	`CREATE TABLE IF NOT EXISTS _tandem.statement (
  link varchar(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  gtid varchar(128) CHARACTER SET ascii NOT NULL,
  statement longtext CHARACTER SET utf8mb4 NOT NULL,
  fingerprints longtext CHARACTER SET utf8mb4 NOT NULL,
  begun_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (link, gtid)
) ENGINE=InnoDB`,
}
