-- case: invisible columns and the generated invisible primary key
-- why: INSERT without column names does not count them
-- versions: 9.7
-- expect: equal

-- schema
CREATE TABLE hidden (id INT PRIMARY KEY, a INT, secret VARCHAR(20) INVISIBLE, b INT, stamp INT DEFAULT 5 INVISIBLE);
CREATE TABLE hidden_key (k INT INVISIBLE PRIMARY KEY, v INT);
SET SESSION sql_generate_invisible_primary_key = ON;
CREATE TABLE gipk (a INT, b VARCHAR(20));
SET SESSION sql_generate_invisible_primary_key = OFF;

-- before
INSERT INTO hidden VALUES (1, 1, 1), (2, 2, 2);
INSERT INTO hidden (id, a, secret, b, stamp) VALUES (3, 3, 'shh', 3, NULL), (4, 4, '', 4, 9);
INSERT INTO hidden_key (k, v) VALUES (1, 1), (2, 2);
INSERT INTO gipk VALUES (1, 'one'), (1, 'one'), (2, 'two'), (NULL, NULL);

-- during
INSERT INTO hidden VALUES (5, 5, 5);
INSERT INTO hidden (id, secret) VALUES (6, 'new');
UPDATE hidden SET secret = CONCAT('was ', IFNULL(secret, 'null')), b = 0 WHERE id < 4;
DELETE FROM hidden WHERE secret = '';
UPDATE hidden_key SET k = k + 10, v = v + 1;
INSERT INTO hidden_key (k, v) VALUES (3, 3);
INSERT INTO gipk VALUES (1, 'one'), (3, 'three');
DELETE FROM gipk WHERE a = 1 LIMIT 1;
UPDATE gipk SET b = 'changed' WHERE a = 1 LIMIT 1;
ALTER TABLE hidden ALTER COLUMN secret SET VISIBLE;
INSERT INTO hidden VALUES (7, 7, 'seen', 7);
SET SESSION sql_generate_invisible_primary_key = ON;
CREATE TABLE gipk_later (a INT);
INSERT INTO gipk_later VALUES (1), (1);
DELETE FROM gipk_later LIMIT 1;
