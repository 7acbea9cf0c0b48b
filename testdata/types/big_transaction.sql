-- case: one transaction of tens of thousands of rows over several tables, and one of many statements
-- why: it comes in parts, and none of them may be seen before the last
-- versions: 5.6, 9.7
-- expect: equal

-- schema
CREATE TABLE digits (d INT PRIMARY KEY);
CREATE TABLE first (id INT PRIMARY KEY, t VARCHAR(200), v INT);
CREATE TABLE second (id INT PRIMARY KEY, first_id INT, t VARCHAR(200), KEY (first_id));

-- before
INSERT INTO digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9);
INSERT INTO first SELECT a.d + 10*b.d + 100*c.d, REPEAT('a', 100), 0 FROM digits a, digits b, digits c;

-- during
BEGIN;
INSERT INTO first SELECT 1000 + a.d + 10*b.d + 100*c.d + 1000*d.d, REPEAT('b', 150), 1 FROM digits a, digits b, digits c, digits d;
INSERT INTO second SELECT id, id % 100, t FROM first;
UPDATE first SET v = v + 1, t = REPEAT('c', 120);
DELETE FROM second WHERE id % 2 = 0;
UPDATE second SET id = -id;
DELETE FROM first WHERE id BETWEEN 500 AND 5000;
INSERT INTO first SELECT 100000 + id, 'd', 2 FROM first;
COMMIT;
UPDATE first SET v = 100 WHERE id % 10 = 0;
