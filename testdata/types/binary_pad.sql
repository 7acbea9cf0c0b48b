-- case: BINARY with trailing zero bytes and VARBINARY, as keys; columns of no width
-- why: the binlog strips the zero bytes, and a key without them matches nothing
-- versions: 5.6, 9.7
-- expect: equal

-- schema
CREATE TABLE uuid_key (k BINARY(16) PRIMARY KEY, v INT);
CREATE TABLE var_key (k VARBINARY(16) PRIMARY KEY, v INT);
CREATE TABLE binaries (id INT PRIMARY KEY, b1 BINARY(1), b3 BINARY(3), b255 BINARY(255), v VARBINARY(300), b0 BINARY(0), v0 VARBINARY(0), c0 CHAR(0), vc0 VARCHAR(0));
CREATE TABLE blob_key (k BLOB, v INT, UNIQUE KEY (k(10)), id INT PRIMARY KEY);

-- before
INSERT INTO uuid_key VALUES (X'00000000000000000000000000000000', 1), (X'01', 2), (X'0100FF0000', 3), (X'20202020', 4), (X'FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF', 5), (X'61', 6), ('a ', 7);
INSERT INTO var_key VALUES ('', 1), (X'00', 2), (X'0000', 3), ('a', 4), ('a ', 5), (X'6100', 6), ('A', 7), (X'FF', 8);
INSERT INTO binaries VALUES
  (1, '', '', '', '', '', '', '', ''), (2, X'00', X'000000', X'00', X'00', NULL, NULL, NULL, NULL),
  (3, ' ', 'a  ', ' ', '  ', '', NULL, '', NULL), (4, X'FF', X'FF0000', REPEAT(X'FF', 255), REPEAT(X'00', 300), NULL, '', NULL, ''),
  (5, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO blob_key VALUES ('one', 1, 1), (X'00', 2, 2), (CONCAT('0123456789', 'a'), 3, 3);

-- during
UPDATE uuid_key SET v = v + 10;
UPDATE var_key SET v = v + 10;
INSERT INTO uuid_key VALUES (X'0200', 20), (X'0300', 21);
DELETE FROM uuid_key WHERE k = CAST(X'0100FF0000' AS BINARY(16));
DELETE FROM uuid_key WHERE v = 21;
UPDATE uuid_key SET k = X'FF00' WHERE v = 12;
UPDATE var_key SET k = CONCAT(k, X'000000') WHERE v IN (11, 14);
DELETE FROM var_key WHERE k IN ('a ', X'00');
UPDATE binaries SET b3 = X'610000', b255 = X'6100', v = X'6100', b0 = '' WHERE id IN (2, 5);
INSERT INTO binaries (id, b1, b3, b255, v) VALUES (6, 'x', 'x', 'x', 'x'), (7, X'5C', X'275C00', X'0027225C1A0A0D', X'0027225C1A0A0D');
DELETE FROM binaries WHERE id IN (3, 6);
UPDATE blob_key SET k = CONCAT(k, X'00') WHERE id IN (1, 2);
INSERT INTO blob_key VALUES (CONCAT('0123456780', 'a'), 4, 4);
DELETE FROM blob_key WHERE id = 3;
