-- case: primary keys that change: shifted, swapped, composite, into a deleted one's place
-- why: a change of key is a delete and an insert to whoever keys by row
-- versions: 5.6, 9.7
-- expect: equal

-- schema
CREATE TABLE one (id INT PRIMARY KEY, v VARCHAR(20));
CREATE TABLE two (a INT, b VARCHAR(20), v INT, PRIMARY KEY (a, b));

-- before
INSERT INTO one VALUES (1, 'one'), (2, 'two'), (3, 'three'), (4, 'four'), (5, 'five'), (1000, 'thousand');
INSERT INTO two VALUES (1, 'a', 1), (1, 'b', 2), (2, 'a', 3), (2, 'B', 4);

-- during
UPDATE one SET id = id + 1 ORDER BY id DESC;
UPDATE one SET id = -id;
BEGIN;
UPDATE one SET id = 0 WHERE id = -2;
UPDATE one SET id = -2 WHERE id = -3;
UPDATE one SET id = -3 WHERE id = 0;
COMMIT;
BEGIN;
DELETE FROM one WHERE id = -4;
UPDATE one SET id = -4, v = 'moved' WHERE id = -1001;
COMMIT;
UPDATE one SET id = 2000 WHERE id = -5;
INSERT INTO one VALUES (-5, 'again'), (1001, 'new');
DELETE FROM one WHERE id = 2000;
UPDATE two SET b = UPPER(b);
UPDATE two SET a = a + 1 ORDER BY a DESC, b DESC;
UPDATE two SET a = 1, b = 'z' WHERE v = 4;
UPDATE two SET b = 'zz', v = 0 WHERE a = 1 AND b = 'Z';
