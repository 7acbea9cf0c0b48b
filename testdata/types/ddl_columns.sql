-- case: columns added, dropped, renamed, moved and changed in type while rows change
-- why: with the same number and types of columns, values land in the wrong ones unseen
-- versions: 5.6, 9.7
-- expect: equal

-- schema
CREATE TABLE shifting (id INT PRIMARY KEY, a INT, b INT, c VARCHAR(20));
CREATE TABLE untouched (id INT PRIMARY KEY, v INT);

-- before
INSERT INTO shifting VALUES (1, 1, 10, 'one'), (2, 2, 20, 'two'), (3, 3, 30, 'three');
INSERT INTO untouched VALUES (1, 1);

-- during
UPDATE shifting SET a = a + 100 WHERE id = 1;
ALTER TABLE shifting ADD COLUMN first_one INT DEFAULT 7 FIRST;
INSERT INTO shifting VALUES (70, 4, 4, 40, 'four');
UPDATE shifting SET first_one = id;
ALTER TABLE shifting DROP COLUMN a;
INSERT INTO shifting VALUES (5, 5, 50, 'five');
UPDATE shifting SET b = b + 1 WHERE id = 2;
ALTER TABLE shifting CHANGE COLUMN b bee BIGINT UNSIGNED, MODIFY c VARCHAR(40) CHARACTER SET latin1 AFTER id;
INSERT INTO shifting VALUES (6, 6, 'sié', 18446744073709551615);
UPDATE untouched SET v = 2;
ALTER TABLE shifting MODIFY c VARCHAR(40) CHARACTER SET utf8mb4;
UPDATE shifting SET c = '日本' WHERE id = 6;
ALTER TABLE shifting ADD COLUMN (x DATETIME(6) DEFAULT '2024-01-01 00:00:00.123456', y ENUM('a','b') DEFAULT 'b');
INSERT INTO shifting (id, y) VALUES (7, 'a');
ALTER TABLE shifting MODIFY y ENUM('b','a','c') DEFAULT 'a';
UPDATE shifting SET y = 'c' WHERE id = 1;
ALTER TABLE shifting ALTER COLUMN x DROP DEFAULT, ALTER COLUMN y SET DEFAULT 'b';
INSERT INTO shifting (id, x) VALUES (8, NULL);
ALTER TABLE shifting ADD COLUMN n INT NOT NULL;
ALTER TABLE shifting ADD COLUMN stamp TIMESTAMP NOT NULL DEFAULT '2020-01-01 12:00:00';
UPDATE shifting SET n = id;
ALTER TABLE shifting DROP PRIMARY KEY, ADD PRIMARY KEY (n, id);
UPDATE shifting SET n = -n;
/*!80000 ALTER TABLE shifting RENAME COLUMN bee TO b */;
/*!80000 ALTER TABLE shifting ADD COLUMN g INT AS (n * 2) STORED AFTER id, ADD COLUMN h INT AS (n * 3) VIRTUAL FIRST, ADD COLUMN i INT DEFAULT (1 + 2) INVISIBLE, ALGORITHM = COPY */;
/*!80000 ALTER TABLE shifting ADD COLUMN quick INT DEFAULT 11 AFTER id, ALGORITHM = INSTANT */;
/*!80000 UPDATE shifting SET n = n - 1 */;
/*!80000 ALTER TABLE shifting DROP COLUMN quick, ALGORITHM = INSTANT */;
/*!80000 UPDATE shifting SET n = n - 1 WHERE id < 5 */;
UPDATE untouched SET v = 3;
