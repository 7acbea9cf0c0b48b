-- The courier database. One statement per table, each after the tables it
-- refers to. The text is a Go template: {{"{{"}}if .JSON{{"}}"}} and its like leave out what
-- an old server does not know. No index key is longer than 767 bytes, the
-- limit of MySQL 5.6.

-- Depots: a natural key, a geometry, and a counter that every shipment made
-- or deleted must keep right. Few rows, so these are hot.
CREATE TABLE depots (
  code       CHAR(6) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  name       VARCHAR(80) NOT NULL,
  location   POINT NOT NULL,
  opens      TIME NOT NULL,
  closes     TIME(3) NOT NULL,
  shipments  INT NOT NULL DEFAULT 0,
  PRIMARY KEY (code)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE={{.Collation}};

-- Customers: text in five character sets. Customer 0 is the walk-in customer
-- (an AUTO_INCREMENT value that a careless copy renumbers).
CREATE TABLE customers (
  id           BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  email        VARCHAR(190) NOT NULL,
  name         VARCHAR(80) NOT NULL,
  kana         VARCHAR(80) CHARACTER SET sjis NOT NULL DEFAULT '',
  address      VARCHAR(200) NOT NULL,
  old_address  VARCHAR(200) CHARACTER SET ujis DEFAULT NULL,
  legacy_note  VARCHAR(120) CHARACTER SET latin1 DEFAULT NULL,
  kind         ENUM('person','shop','enterprise') NOT NULL DEFAULT 'person',
  flags        SET('newsletter','invoice','vip','blocked') NOT NULL DEFAULT '',
  preferences  {{.JSONType}} DEFAULT NULL,
  credit       DECIMAL(12,2) NOT NULL DEFAULT 0,
  birthday     DATE DEFAULT NULL,
  created_at   DATETIME(6) NOT NULL,
  updated_at   TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
{{- if .Generated}}
  name_length  INT GENERATED ALWAYS AS (CHAR_LENGTH(name)) VIRTUAL,
  language     VARCHAR(8) GENERATED ALWAYS AS (JSON_UNQUOTE(JSON_EXTRACT(preferences, '$.language'))) STORED,
  KEY by_language (language),
{{- end}}
  PRIMARY KEY (id),
  UNIQUE KEY uk_email (email),
  KEY by_address (address(20))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE={{.Collation}};

-- Drivers: keyed by a binary UUID (some end in a zero byte), with two more
-- unique keys, all 64 bits of a BIT column, a zero date, floats, a photo.
CREATE TABLE drivers (
  id              BINARY(16) NOT NULL,
  phone           VARCHAR(20) CHARACTER SET ascii NOT NULL,
  badge           INT UNSIGNED NOT NULL,
  name            VARCHAR(80) NOT NULL,
  vehicle         ENUM('bicycle','scooter','van','truck') NOT NULL,
  abilities       BIT(64) NOT NULL DEFAULT b'0',
  rating          FLOAT DEFAULT NULL,
  odometer        DOUBLE DEFAULT NULL,
  since           YEAR NOT NULL,
  shift_start     TIME(3) NOT NULL,
  licensed_until  DATE DEFAULT NULL,
  photo           MEDIUMBLOB,
  active          TINYINT(1) NOT NULL DEFAULT 1,
  PRIMARY KEY (id),
  UNIQUE KEY uk_phone (phone),
  UNIQUE KEY uk_badge (badge)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE={{.Collation}};

-- Shipments: the centre of the foreign-key family. Refers to itself, too.
CREATE TABLE shipments (
  id             BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  tracking       CHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  customer_id    BIGINT UNSIGNED NOT NULL,
  driver_id      BINARY(16) DEFAULT NULL,
  depot_code     CHAR(6) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  return_of      BIGINT UNSIGNED DEFAULT NULL,
  status         ENUM('new','collected','moving','delivered','lost') NOT NULL DEFAULT 'new',
  options        SET('fragile','cold','signature','insured') NOT NULL DEFAULT '',
  recipient      VARCHAR(80) NOT NULL,
  address        VARCHAR(200) NOT NULL,
  weight_kg      DECIMAL(8,3) NOT NULL,
  value          DECIMAL(20,4) NOT NULL DEFAULT 0,
  leg_count      SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  details        {{.JSONType}} DEFAULT NULL,
  created_at     DATETIME(6) NOT NULL,
  delivered_at   DATETIME(6) DEFAULT NULL,
  updated_at     TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
{{- if .Generated}}
  billed_grams   BIGINT GENERATED ALWAYS AS (CEILING(weight_kg * 1000)) STORED,
  created_day    DATE GENERATED ALWAYS AS (CAST(created_at AS DATE)) VIRTUAL,
  KEY by_day (created_day),
{{- end}}
  PRIMARY KEY (id),
  UNIQUE KEY uk_tracking (tracking),
  KEY by_status (status, created_at),
  CONSTRAINT shipment_customer FOREIGN KEY (customer_id) REFERENCES customers (id),
  CONSTRAINT shipment_driver FOREIGN KEY (driver_id) REFERENCES drivers (id) ON DELETE SET NULL,
  CONSTRAINT shipment_depot FOREIGN KEY (depot_code) REFERENCES depots (code),
  CONSTRAINT shipment_return FOREIGN KEY (return_of) REFERENCES shipments (id) ON DELETE SET NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE={{.Collation}};

-- Legs of a shipment: a composite key, deleted with their shipment.
CREATE TABLE legs (
  shipment_id  BIGINT UNSIGNED NOT NULL,
  leg_no       SMALLINT UNSIGNED NOT NULL,
  driver_id    BINARY(16) DEFAULT NULL,
  from_depot   CHAR(6) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  to_depot     CHAR(6) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  status       ENUM('planned','started','done') NOT NULL DEFAULT 'planned',
  eta          DATETIME(6) NOT NULL,
  PRIMARY KEY (shipment_id, leg_no),
  CONSTRAINT leg_shipment FOREIGN KEY (shipment_id) REFERENCES shipments (id) ON DELETE CASCADE,
  CONSTRAINT leg_driver FOREIGN KEY (driver_id) REFERENCES drivers (id) ON DELETE SET NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE={{.Collation}};

-- Scans of a leg: the second level of the cascade.
CREATE TABLE leg_scans (
  id           BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  shipment_id  BIGINT UNSIGNED NOT NULL,
  leg_no       SMALLINT UNSIGNED NOT NULL,
  depot_code   CHAR(6) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  scanned_at   TIMESTAMP(6) NULL DEFAULT NULL,
  PRIMARY KEY (id),
  CONSTRAINT scan_leg FOREIGN KEY (shipment_id, leg_no) REFERENCES legs (shipment_id, leg_no) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE={{.Collation}};

-- Incidents outlive their shipment (SET NULL).
CREATE TABLE incidents (
  id           INT UNSIGNED NOT NULL AUTO_INCREMENT,
  shipment_id  BIGINT UNSIGNED DEFAULT NULL,
  case_no      VARCHAR(40) NOT NULL,
  report       TEXT NOT NULL,
  severity     MEDIUMINT UNSIGNED NOT NULL,
  opened_at    DATETIME(6) NOT NULL,
{{- if .Invisible}}
  handler      VARCHAR(40) DEFAULT NULL /*!80023 INVISIBLE */,
{{- else}}
  handler      VARCHAR(40) DEFAULT NULL,
{{- end}}
  PRIMARY KEY (id),
{{- if .FunctionalKeys}}
  UNIQUE KEY uk_case ((UPPER(case_no))),
{{- else}}
  UNIQUE KEY uk_case (case_no),
{{- end}}
  CONSTRAINT incident_shipment FOREIGN KEY (shipment_id) REFERENCES shipments (id) ON DELETE SET NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE={{.Collation}};

-- Vouchers: a text key under a case-insensitive collation. The load renames,
-- re-cases and swaps these keys.
CREATE TABLE vouchers (
  code         VARCHAR(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL,
  customer_id  BIGINT UNSIGNED NOT NULL,
  percent      DECIMAL(5,2) NOT NULL,
  uses         INT NOT NULL DEFAULT 0,
  valid_until  DATE NOT NULL,
  PRIMARY KEY (code),
  CONSTRAINT voucher_customer FOREIGN KEY (customer_id) REFERENCES customers (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE={{.Collation}};

-- Positions: the big one, a GPS point every few seconds.
CREATE TABLE positions (
  id           BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  driver_id    BINARY(16) NOT NULL,
  shipment_id  BIGINT UNSIGNED DEFAULT NULL,
  recorded_at  DATETIME(6) NOT NULL,
  lat          DECIMAL(9,6) NOT NULL,
  lon          DECIMAL(9,6) NOT NULL,
  speed        FLOAT NOT NULL,
  accuracy     DOUBLE DEFAULT NULL,
  heading      SMALLINT NOT NULL,
  battery      TINYINT UNSIGNED NOT NULL,
  PRIMARY KEY (id),
  KEY by_driver (driver_id, recorded_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE={{.Collation}};

-- Payouts: one a driver and month; written by INSERT ... ON DUPLICATE KEY
-- UPDATE against the secondary unique key.
CREATE TABLE payouts (
  id         BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  driver_id  BINARY(16) NOT NULL,
  period     DATE NOT NULL,
  amount     DECIMAL(18,6) NOT NULL,
  tax        DECIMAL(30,10) NOT NULL,
{{- if .Generated}}
  net        DECIMAL(30,10) GENERATED ALWAYS AS (amount - tax) STORED,
{{- end}}
  currency   CHAR(3) CHARACTER SET ascii NOT NULL DEFAULT 'JPY',
  changes    INT NOT NULL DEFAULT 0,
  paid_at    DATETIME(6) DEFAULT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY uk_driver_period (driver_id, period),
  CONSTRAINT payout_driver FOREIGN KEY (driver_id) REFERENCES drivers (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE={{.Collation}};

-- Audit: append only, random UUIDs, no AUTO_INCREMENT.
CREATE TABLE audit (
  id         BINARY(16) NOT NULL,
  entity     VARCHAR(20) CHARACTER SET ascii NOT NULL,
  entity_id  BIGINT UNSIGNED NOT NULL,
  action     VARCHAR(40) CHARACTER SET ascii NOT NULL,
  actor      VARCHAR(80) NOT NULL DEFAULT '',
  payload    {{.JSONType}} DEFAULT NULL,
  at         DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  KEY by_entity (entity, entity_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE={{.Collation}};

-- The bank: the sum of all balances never changes, and each balance is its
-- opening plus what came in minus what went out.
CREATE TABLE accounts (
  id       INT UNSIGNED NOT NULL,
  holder   VARCHAR(80) NOT NULL,
  opening  DECIMAL(20,4) NOT NULL,
  balance  DECIMAL(20,4) NOT NULL,
  version  INT UNSIGNED NOT NULL DEFAULT 0,
  PRIMARY KEY (id),
  CONSTRAINT balance_not_negative CHECK (balance >= 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE={{.Collation}};

CREATE TABLE transfers (
  id            BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  from_account  INT UNSIGNED NOT NULL,
  to_account    INT UNSIGNED NOT NULL,
  amount        DECIMAL(20,4) NOT NULL,
  at            DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT transfer_from FOREIGN KEY (from_account) REFERENCES accounts (id),
  CONSTRAINT transfer_to FOREIGN KEY (to_account) REFERENCES accounts (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE={{.Collation}};

-- Lockers: a fixed stock of access codes, each held by exactly one locker.
-- Transactions hand codes from locker to locker under a unique key.
CREATE TABLE lockers (
  id          INT UNSIGNED NOT NULL,
  depot_code  CHAR(6) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  code        VARCHAR(16) CHARACTER SET latin1 DEFAULT NULL,
  handed      INT UNSIGNED NOT NULL DEFAULT 0,
  PRIMARY KEY (id),
  UNIQUE KEY uk_code (code)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE={{.Collation}};

-- Counters: the hottest rows. Each is the number of rows of a table.
CREATE TABLE counters (
  name   VARCHAR(40) CHARACTER SET ascii NOT NULL,
  value  BIGINT NOT NULL,
  PRIMARY KEY (name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE={{.Collation}};

-- Settings: what the seed promised, for the checks.
CREATE TABLE settings (
  name   VARCHAR(40) CHARACTER SET ascii NOT NULL,
  value  VARCHAR(200) NOT NULL,
  PRIMARY KEY (name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE={{.Collation}};

-- Reports: the group that is easy to hand over first. Rows are replaced and
-- upserted; the first table is partitioned.
CREATE TABLE report_daily (
  day         DATE NOT NULL,
  depot_code  CHAR(6) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  shipments   INT NOT NULL,
  revenue     DECIMAL(30,2) NOT NULL,
  comment     TINYTEXT,
  PRIMARY KEY (day, depot_code)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE={{.Collation}}
PARTITION BY RANGE COLUMNS (day) (
  PARTITION p2025q1 VALUES LESS THAN ('2025-04-01'),
  PARTITION p2025q2 VALUES LESS THAN ('2025-07-01'),
  PARTITION later VALUES LESS THAN (MAXVALUE)
);

CREATE TABLE report_drivers (
  driver_id  BINARY(16) NOT NULL,
  month      DATE NOT NULL,
  trips      INT NOT NULL,
  distance   DOUBLE NOT NULL,
  best_day   DATE DEFAULT NULL,
  PRIMARY KEY (driver_id, month)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE={{.Collation}};
{{- if .Ledger}}

-- The ledger has no key at all: a transaction applied twice or not at all
-- shows here and nowhere else.
CREATE TABLE ledger (
  writer   INT UNSIGNED NOT NULL,
  n        BIGINT UNSIGNED NOT NULL,
  account  INT UNSIGNED DEFAULT NULL,
  amount   DECIMAL(20,4) DEFAULT NULL,
  memo     VARCHAR(40) DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE={{.Collation}};
{{- end}}
