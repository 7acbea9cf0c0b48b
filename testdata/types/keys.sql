-- case: keys of every make: composite, long, prefix, descending, functional, full text, of any type
-- why: chunks are cut along keys, and rows are found by them
-- versions: 5.6, 9.7
-- expect: equal

-- schema
CREATE TABLE composite (a INT, b DATE, c VARCHAR(20), d DECIMAL(5,2), v INT, PRIMARY KEY (a, b, c, d));
CREATE TABLE unique_only (a INT NOT NULL, b INT NOT NULL, v INT, UNIQUE KEY (b, a));
CREATE TABLE several_unique (a INT NOT NULL, b INT NOT NULL, c INT, UNIQUE KEY ub (b), UNIQUE KEY ua (a), UNIQUE KEY uc (c));
CREATE TABLE mixed_key (e ENUM('z','a'), t TIME(3), b BIT(4), f DOUBLE, v INT, PRIMARY KEY (e, t, b, f));
CREATE TABLE long_key (k VARCHAR(191) CHARACTER SET utf8mb4 PRIMARY KEY, v INT);
CREATE TABLE prefix_key (t TEXT NOT NULL, v INT, PRIMARY KEY (t(20)));
CREATE TABLE prefix_unique (id INT PRIMARY KEY, t VARCHAR(100), UNIQUE KEY (t(3)));
CREATE TABLE full_text (id INT PRIMARY KEY, body TEXT, FULLTEXT KEY (body)) ENGINE=InnoDB;
CREATE TABLE commented (id INT PRIMARY KEY COMMENT 'it''s; a -- comment /* x */', v INT COMMENT '日本\n語') COMMENT 'table; comment';
/*!80000 CREATE TABLE descending (a INT, b INT, v INT, PRIMARY KEY (a DESC, b)) */;
/*!80013 CREATE TABLE functional (id INT PRIMARY KEY, name VARCHAR(40), UNIQUE KEY ((LOWER(name))), KEY ((id * 2))) */;
/*!80000 CREATE TABLE hidden_index (id INT PRIMARY KEY, v INT, KEY (v) INVISIBLE, CHECK (v < 1000)) */;
/*!80000 CREATE TABLE longest_key (k VARCHAR(768) CHARACTER SET utf8mb4 PRIMARY KEY, v INT) */;

-- before
INSERT INTO composite VALUES (1, '2024-01-01', 'a', 1.5, 1), (1, '2024-01-01', 'a', 1.6, 2), (1, '2024-01-01', 'b', -1, 3), (1, '2024-01-02', 'a', 0, 4), (2, '0001-01-01', '', 0, 5), (-1, '9999-12-31', 'zz', 999.99, 6);
INSERT INTO unique_only VALUES (1, 1, 1), (2, 1, 2), (1, 2, 3);
INSERT INTO several_unique VALUES (1, 2, NULL), (2, 1, NULL), (3, 3, 3);
INSERT INTO mixed_key VALUES ('z', '-01:00:00.5', 5, -1.5, 1), ('z', '-01:00:00.5', 5, 0, 2), ('a', '00:00:00', 15, 0.1, 3), ('a', '100:00:00', 0, 1e300, 4);
INSERT INTO long_key VALUES (REPEAT('日', 191), 1), (CONCAT(REPEAT('日', 190), 'x'), 2), (REPEAT('a', 191), 3), ('', 4);
INSERT INTO prefix_key VALUES ('abc', 1), ('abcdefghijklmnopqrstuvwxyz', 2), ('zz', 3);
INSERT INTO prefix_unique VALUES (1, 'abcdef'), (2, 'abxdef'), (3, NULL), (4, 'zzz');
INSERT INTO full_text VALUES (1, 'quick brown fox'), (2, '日本語');
INSERT INTO commented VALUES (1, 1);
/*!80000 INSERT INTO descending VALUES (1, 1, 1), (1, 2, 2), (2, 1, 3), (3, 5, 4), (-7, 0, 5) */;
/*!80013 INSERT INTO functional VALUES (1, 'Anna'), (2, 'Bert'), (3, NULL) */;
/*!80000 INSERT INTO hidden_index VALUES (1, 1), (2, 2) */;
/*!80000 INSERT INTO longest_key VALUES (REPEAT('日', 768), 1), (REPEAT('x', 768), 2) */;

-- during
UPDATE composite SET v = v + 10;
UPDATE composite SET d = d + 0.5 WHERE c = 'a' ORDER BY d DESC;
DELETE FROM composite WHERE a = 2;
INSERT INTO composite VALUES (1, '2023-12-31', 'A', 0, 7);
UPDATE unique_only SET v = v * 10;
UPDATE unique_only SET a = 3 WHERE v = 20;
BEGIN;
UPDATE several_unique SET a = 30 WHERE c = 3;
UPDATE several_unique SET a = 3 WHERE b = 2;
UPDATE several_unique SET c = b;
COMMIT;
UPDATE mixed_key SET v = v + 10;
UPDATE mixed_key SET e = 'z' WHERE v = 14;
DELETE FROM mixed_key WHERE e = 'a';
UPDATE long_key SET v = v + 10;
DELETE FROM long_key WHERE v = 11;
INSERT INTO long_key VALUES (REPEAT('日', 191), 21);
UPDATE prefix_key SET t = CONCAT(t, ' tail'), v = v + 1;
DELETE FROM prefix_key WHERE v = 4;
UPDATE prefix_unique SET t = 'ABC' WHERE id = 1;
BEGIN;
UPDATE prefix_unique SET t = NULL WHERE id = 4;
UPDATE prefix_unique SET t = 'ZZZtop' WHERE id = 2;
COMMIT;
UPDATE full_text SET body = CONCAT(body, ' jumps') WHERE id = 1;
UPDATE commented SET v = 2;
/*!80000 UPDATE descending SET b = b + 1 ORDER BY b DESC */;
/*!80000 DELETE FROM descending WHERE a = 3 */;
/*!80000 INSERT INTO descending VALUES (100, 100, 6), (-100, 0, 7) */;
/*!80013 UPDATE functional SET name = 'ANNA' WHERE id = 1 */;
/*!80013 DELETE FROM functional WHERE id = 2 */;
/*!80013 INSERT INTO functional VALUES (4, 'bert') */;
/*!80000 UPDATE hidden_index SET v = 999 WHERE id = 1 */;
/*!80000 UPDATE longest_key SET v = v + 10 */;
/*!80000 DELETE FROM longest_key WHERE v = 12 */;
