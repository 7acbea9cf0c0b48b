-- case: tables of many chunks, by keys of many types, changed all over
-- why: on which side of a chunk's end a key lies is the server's to say
-- versions: 5.6, 9.7
-- expect: equal

-- schema
CREATE TABLE numbers (n INT PRIMARY KEY);
CREATE TABLE text_key (k VARCHAR(80) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci PRIMARY KEY, v INT, pad VARCHAR(150));
CREATE TABLE binary_key (k BINARY(16) PRIMARY KEY, v INT, pad VARCHAR(150));
CREATE TABLE decimal_key (k DECIMAL(20,5) PRIMARY KEY, v INT, pad VARCHAR(150));
CREATE TABLE double_key (k DOUBLE PRIMARY KEY, v INT, pad VARCHAR(150));
CREATE TABLE signed_key (k BIGINT PRIMARY KEY, v INT, pad VARCHAR(150));
CREATE TABLE time_key (k TIME(3) PRIMARY KEY, v INT, pad VARCHAR(150));
CREATE TABLE date_key (k DATETIME PRIMARY KEY, v INT, pad VARCHAR(150));
CREATE TABLE composite_key (a INT, b VARCHAR(20), c DATE, v INT, pad VARCHAR(150), PRIMARY KEY (a, b, c));
CREATE TABLE unique_pair (a INT NOT NULL, b INT NOT NULL, v INT, pad VARCHAR(150), UNIQUE KEY (b, a));
CREATE TABLE ring (id INT PRIMARY KEY, u INT, v INT, pad VARCHAR(150), UNIQUE KEY (u));
CREATE TABLE keyless (a INT, v INT, pad VARCHAR(150));
/*!80000 CREATE TABLE descending (a INT, b VARCHAR(40), v INT, pad VARCHAR(150), PRIMARY KEY (a DESC, b)) */;

-- before
INSERT INTO numbers VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9);
INSERT IGNORE INTO numbers SELECT a.n + 10 * b.n + 100 * c.n + 1000 * d.n FROM numbers a, numbers b, numbers c, numbers d WHERE d.n < 4;
INSERT INTO text_key SELECT CONCAT(ELT(n % 4 + 1, 'straße', 'Zürich', 'item', 'ITEM'), n), n, REPEAT(CHAR(65 + n % 26), 20 + n % 100) FROM numbers;
INSERT INTO binary_key SELECT UNHEX(RPAD(LPAD(HEX(n * 2654435761 % 4294967296), 8, '0'), 32, '0')), n, REPEAT(CHAR(65 + n % 26), 20 + n % 100) FROM numbers;
INSERT INTO decimal_key SELECT (n - 2000) * 1.00003, n, REPEAT(CHAR(65 + n % 26), 20 + n % 100) FROM numbers;
INSERT INTO double_key SELECT (n - 2000) / 3e0, n, REPEAT(CHAR(65 + n % 26), 20 + n % 100) FROM numbers;
INSERT INTO signed_key SELECT (n - 2000) * 3, n, REPEAT(CHAR(65 + n % 26), 20 + n % 100) FROM numbers;
INSERT INTO time_key SELECT SEC_TO_TIME((n - 2000) * 7 + 0.5), n, REPEAT(CHAR(65 + n % 26), 20 + n % 100) FROM numbers;
INSERT INTO date_key SELECT '2020-01-01' + INTERVAL n HOUR, n, REPEAT(CHAR(65 + n % 26), 20 + n % 100) FROM numbers;
INSERT INTO composite_key SELECT n % 40, ELT(n % 3 + 1, 'a', 'Bé', 'c c'), '2020-01-01' + INTERVAL n DAY, n, REPEAT(CHAR(65 + n % 26), 20 + n % 100) FROM numbers;
INSERT INTO unique_pair SELECT n % 50, n DIV 50, n, REPEAT(CHAR(65 + n % 26), 20 + n % 100) FROM numbers;
INSERT INTO ring SELECT n, 3999 - n, n, REPEAT(CHAR(65 + n % 26), 20 + n % 100) FROM numbers;
INSERT INTO keyless SELECT n % 100, n % 7, REPEAT(CHAR(65 + n % 5), 30) FROM numbers;
/*!80000 INSERT INTO descending SELECT n % 90, CONCAT('É', n), n, REPEAT(CHAR(65 + n % 26), 20 + n % 100) FROM numbers */;

-- during
UPDATE text_key SET v = v + 10000 WHERE v % 50 = 7;
UPDATE binary_key SET v = v + 10000 WHERE v % 50 = 7;
UPDATE decimal_key SET v = v + 10000 WHERE v % 50 = 7;
UPDATE double_key SET v = v + 10000 WHERE v % 50 = 7;
UPDATE signed_key SET v = v + 10000 WHERE v % 50 = 7;
UPDATE time_key SET v = v + 10000 WHERE v % 50 = 7;
UPDATE date_key SET v = v + 10000 WHERE v % 50 = 7;
UPDATE composite_key SET v = v + 10000 WHERE v % 50 = 7;
UPDATE unique_pair SET v = v + 10000 WHERE v % 50 = 7;
UPDATE ring SET v = v + 10000 WHERE v % 50 = 7;
DELETE FROM text_key WHERE v % 60 = 11;
UPDATE text_key SET k = CONCAT(k, 'x'), v = v + 20000 WHERE v % 70 = 13;
UPDATE text_key SET k = UPPER(k) WHERE v % 30 = 5;
INSERT INTO text_key SELECT CONCAT(ELT(n % 4 + 1, 'straße', 'Zürich', 'item', 'ITEM'), n), n + 50000, 'again' FROM numbers WHERE n % 60 = 11 AND n NOT IN (SELECT v FROM text_key) AND n % 70 <> 13 AND n % 50 <> 7;
DELETE FROM binary_key WHERE v % 60 = 11;
UPDATE binary_key SET k = UNHEX(REVERSE(HEX(k))), v = v + 20000 WHERE v % 70 = 13;
INSERT INTO binary_key SELECT UNHEX(RPAD(LPAD(HEX(n * 2654435761 % 4294967296), 8, '0'), 32, '0')), n + 50000, 'again' FROM numbers WHERE n % 60 = 11 AND n NOT IN (SELECT v FROM binary_key) AND n % 70 <> 13 AND n % 50 <> 7;
DELETE FROM decimal_key WHERE v % 60 = 11;
UPDATE decimal_key SET k = k + 0.5, v = v + 20000 WHERE v % 70 = 13;
INSERT INTO decimal_key SELECT (n - 2000) * 1.00003, n + 50000, 'again' FROM numbers WHERE n % 60 = 11 AND n NOT IN (SELECT v FROM decimal_key) AND n % 70 <> 13 AND n % 50 <> 7;
DELETE FROM double_key WHERE v % 60 = 11;
UPDATE double_key SET k = k * 1.0000001, v = v + 20000 WHERE v % 70 = 13;
INSERT INTO double_key SELECT (n - 2000) / 3e0, n + 50000, 'again' FROM numbers WHERE n % 60 = 11 AND n NOT IN (SELECT v FROM double_key) AND n % 70 <> 13 AND n % 50 <> 7;
DELETE FROM signed_key WHERE v % 60 = 11;
UPDATE signed_key SET k = k + 1, v = v + 20000 WHERE v % 70 = 13;
INSERT INTO signed_key SELECT (n - 2000) * 3, n + 50000, 'again' FROM numbers WHERE n % 60 = 11 AND n NOT IN (SELECT v FROM signed_key) AND n % 70 <> 13 AND n % 50 <> 7;
DELETE FROM time_key WHERE v % 60 = 11;
UPDATE time_key SET k = ADDTIME(k, '00:00:01.25'), v = v + 20000 WHERE v % 70 = 13;
INSERT INTO time_key SELECT SEC_TO_TIME((n - 2000) * 7 + 0.5), n + 50000, 'again' FROM numbers WHERE n % 60 = 11 AND n NOT IN (SELECT v FROM time_key) AND n % 70 <> 13 AND n % 50 <> 7;
DELETE FROM date_key WHERE v % 60 = 11;
UPDATE date_key SET k = k + INTERVAL 1 MINUTE, v = v + 20000 WHERE v % 70 = 13;
INSERT INTO date_key SELECT '2020-01-01' + INTERVAL n HOUR, n + 50000, 'again' FROM numbers WHERE n % 60 = 11 AND n NOT IN (SELECT v FROM date_key) AND n % 70 <> 13 AND n % 50 <> 7;
UPDATE composite_key SET c = c + INTERVAL 20 YEAR WHERE v % 45 = 3;
UPDATE composite_key SET b = UPPER(b) WHERE v % 45 = 4;
DELETE FROM composite_key WHERE a = 17;
UPDATE unique_pair SET a = a + 100 WHERE v % 41 = 5;
DELETE FROM unique_pair WHERE b % 20 = 3;
BEGIN;
UPDATE ring SET u = -u - 1 WHERE u % 10 = 0;
UPDATE ring SET u = -u + 4000 WHERE u < 0;
COMMIT;
UPDATE ring SET u = u + 1 WHERE u > 3000 ORDER BY u DESC;
BEGIN;
UPDATE ring SET u = NULL WHERE id = 5;
UPDATE ring SET u = -7 WHERE id = 3900;
ROLLBACK;
SET @a = (SELECT u FROM ring WHERE id = 10), @b = (SELECT u FROM ring WHERE id = 3990);
BEGIN;
UPDATE ring SET u = NULL WHERE id = 10;
UPDATE ring SET u = @a WHERE id = 3990;
UPDATE ring SET u = @b WHERE id = 10;
COMMIT;
DELETE FROM ring WHERE id % 100 = 50;
INSERT INTO ring SELECT n + 10000, n + 100000, n, '' FROM numbers WHERE n % 100 = 50;
UPDATE keyless SET v = v + 10 WHERE a = 3 LIMIT 20;
DELETE FROM keyless WHERE a = 4 LIMIT 15;
INSERT INTO keyless SELECT a, v, pad FROM (SELECT * FROM keyless WHERE a = 5) q;
/*!80000 UPDATE descending SET a = a + 1 WHERE v % 33 = 3 */;
/*!80000 DELETE FROM descending WHERE a = 50 */;
/*!80000 UPDATE descending SET b = LOWER(b) WHERE a < 10 */;
UPDATE text_key SET v = v + 1 WHERE v % 9 = 0;
UPDATE binary_key SET v = v + 1 WHERE v % 9 = 0;
UPDATE decimal_key SET v = v + 1 WHERE v % 9 = 0;
UPDATE double_key SET v = v + 1 WHERE v % 9 = 0;
UPDATE signed_key SET v = v + 1 WHERE v % 9 = 0;
UPDATE time_key SET v = v + 1 WHERE v % 9 = 0;
UPDATE date_key SET v = v + 1 WHERE v % 9 = 0;
UPDATE composite_key SET v = v + 1 WHERE v % 9 = 0;
UPDATE unique_pair SET v = v + 1 WHERE v % 9 = 0;
UPDATE ring SET v = v + 1 WHERE v % 9 = 0;
