-- case: temporary tables beside real ones, one of them hiding a real one
-- why: they exist in one session only, and must not be created on the target
-- versions: 5.6, 9.7
-- expect: equal

-- schema
CREATE TABLE kept (id INT PRIMARY KEY, v INT);
CREATE TABLE hidden (id INT PRIMARY KEY, v INT);

-- before
INSERT INTO kept VALUES (1, 1), (2, 2);
INSERT INTO hidden VALUES (1, 1);

-- during
CREATE TEMPORARY TABLE scratch (id INT PRIMARY KEY, v INT);
INSERT INTO scratch VALUES (10, 10), (11, 11);
INSERT INTO kept SELECT id, v FROM scratch;
CREATE TEMPORARY TABLE hidden (id INT PRIMARY KEY, other TEXT);
INSERT INTO hidden VALUES (99, 'only here');
UPDATE kept SET v = (SELECT COUNT(*) FROM hidden WHERE id = 99) WHERE id = 1;
DROP TEMPORARY TABLE hidden;
UPDATE hidden SET v = 2;
TRUNCATE scratch;
DROP TEMPORARY TABLE scratch;
-- session b
CREATE TEMPORARY TABLE left_over (id INT);
INSERT INTO left_over VALUES (1);
INSERT INTO kept SELECT id + 100, 0 FROM left_over;
