-- case: generated columns, virtual and stored, in the middle of the row and in keys
-- why: they are in the row image, but can not be written
-- versions: 9.7
-- expect: equal

-- schema
CREATE TABLE people (
  full_name VARCHAR(100) AS (CONCAT(first, ' ', last)) STORED,
  id INT PRIMARY KEY,
  first VARCHAR(40),
  initial CHAR(1) AS (LEFT(first, 1)) VIRTUAL,
  last VARCHAR(40),
  total DECIMAL(12,2) GENERATED ALWAYS AS (price * amount) STORED,
  price DECIMAL(10,2), amount INT,
  email_lower VARCHAR(60) AS (LOWER(email)) VIRTUAL UNIQUE,
  email VARCHAR(60),
  KEY (initial), KEY (total)
);
CREATE TABLE stored_key (a INT, b INT AS (a * 10) STORED PRIMARY KEY, v INT);
CREATE TABLE part_key (a INT, b INT AS (a % 7) STORED NOT NULL, v INT, PRIMARY KEY (b, a));
CREATE TABLE keyless_generated (a INT, b INT AS (a + 1) VIRTUAL, c INT AS (a + 2) STORED);
CREATE TABLE only_generated (a INT AS (1) STORED);
CREATE TABLE floating (id INT PRIMARY KEY, f FLOAT, d DOUBLE AS (f * 2) STORED, v DOUBLE AS (f / 3) VIRTUAL);

-- before
INSERT INTO people (id, first, last, price, amount, email) VALUES (1, 'Ada', 'L', 1.10, 3, 'Ada@x'), (2, '日', '本', 2, 2, NULL), (3, NULL, 'x', NULL, 1, 'C@x'), (4, 'Z', 'Z', 0, 0, 'd@X');
INSERT INTO stored_key (a, v) VALUES (1, 1), (2, 2), (3, 3);
INSERT INTO part_key (a, v) VALUES (1, 1), (8, 2), (3, 3), (10, 4);
INSERT INTO keyless_generated (a) VALUES (1), (1), (2), (NULL);
INSERT INTO only_generated () VALUES (), ();
INSERT INTO floating (id, f) VALUES (1, 0.1), (2, -0e0), (3, 1e30);

-- during
INSERT INTO people (id, first, last, price, amount, email) VALUES (5, 'E', 'E', 5.55, 5, 'E@e'), (6, 'F', 'F', 1, 1, 'f@f');
UPDATE people SET first = 'Bea', price = 9.99 WHERE id IN (1, 3);
UPDATE people SET email = 'ADA@x' WHERE id = 1;
BEGIN;
UPDATE people SET email = NULL WHERE id = 4;
UPDATE people SET email = 'D@x' WHERE id = 2;
COMMIT;
DELETE FROM people WHERE id = 6;
UPDATE stored_key SET a = 20, v = 20 WHERE a = 2;
DELETE FROM stored_key WHERE b = 10;
INSERT INTO stored_key (a, v) VALUES (1, 100);
UPDATE part_key SET a = a + 1 ORDER BY a DESC;
UPDATE part_key SET v = v + 10;
DELETE FROM part_key WHERE b = 2 LIMIT 1;
UPDATE keyless_generated SET a = 5 WHERE a = 1 LIMIT 1;
DELETE FROM keyless_generated WHERE a IS NULL;
INSERT INTO only_generated () VALUES ();
DELETE FROM only_generated LIMIT 1;
UPDATE floating SET f = f / 3 WHERE id IN (1, 3);
DELETE FROM floating WHERE id = 2;
