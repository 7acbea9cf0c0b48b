-- case: foreign keys that cascade, set NULL and update, two levels deep
-- why: before 9.6 the binlog holds the parent's change only; after, the children's too
-- versions: 5.6, 9.7
-- expect: equal

-- schema
CREATE TABLE grandparent (id INT PRIMARY KEY, v INT);
CREATE TABLE parent (id INT PRIMARY KEY, gp INT, v INT, KEY (gp), FOREIGN KEY (gp) REFERENCES grandparent (id) ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE child (id INT PRIMARY KEY, p INT, v INT, KEY (p), FOREIGN KEY (p) REFERENCES parent (id) ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE loose (id INT PRIMARY KEY, p INT, KEY (p), FOREIGN KEY (p) REFERENCES parent (id) ON DELETE SET NULL ON UPDATE SET NULL);
CREATE TABLE strict (id INT PRIMARY KEY, gp INT, KEY (gp), FOREIGN KEY (gp) REFERENCES grandparent (id) ON DELETE RESTRICT ON UPDATE CASCADE);
CREATE TABLE composite_parent (a INT, b VARCHAR(10), PRIMARY KEY (a, b));
CREATE TABLE composite_child (id INT PRIMARY KEY, a INT, b VARCHAR(10), KEY (a, b), FOREIGN KEY (a, b) REFERENCES composite_parent (a, b) ON UPDATE CASCADE ON DELETE SET NULL);

-- before
INSERT INTO grandparent VALUES (1, 1), (2, 2), (3, 3), (4, 4), (5, 5);
INSERT INTO parent VALUES (10, 1, 1), (11, 1, 2), (20, 2, 3), (30, 3, 4), (40, 4, 5), (50, NULL, 6);
INSERT INTO child VALUES (100, 10, 1), (101, 10, 2), (110, 11, 3), (200, 20, 4), (300, 30, 5), (400, 40, 6), (500, NULL, 7), (501, 50, 8);
INSERT INTO loose VALUES (100, 10), (110, 11), (200, 20), (300, 30), (400, 40), (500, 50);
INSERT INTO strict VALUES (1, 5), (2, 4);
INSERT INTO composite_parent VALUES (1, 'a'), (1, 'b'), (2, 'a');
INSERT INTO composite_child VALUES (1, 1, 'a'), (2, 1, 'b'), (3, 2, 'a'), (4, NULL, 'a'), (5, 1, 'A');

-- during
DELETE FROM grandparent WHERE id = 1;
UPDATE grandparent SET id = 22 WHERE id = 2;
UPDATE parent SET id = 33 WHERE id = 30;
DELETE FROM parent WHERE id = 50;
UPDATE grandparent SET id = id + 50 WHERE id IN (4, 5);
BEGIN;
INSERT INTO grandparent VALUES (1, 100);
INSERT INTO parent VALUES (10, 1, 100), (11, 1, 101);
INSERT INTO child VALUES (100, 10, 100), (110, 11, 101);
DELETE FROM parent WHERE id = 11;
COMMIT;
UPDATE composite_parent SET b = 'A' WHERE a = 1 AND b = 'a';
UPDATE composite_parent SET a = 9 WHERE a = 2;
DELETE FROM composite_parent WHERE b = 'b';
UPDATE child SET v = v + 1;
REPLACE INTO grandparent VALUES (3, 33);
INSERT INTO grandparent VALUES (6, 6) ON DUPLICATE KEY UPDATE v = 7;
DELETE FROM child WHERE id = 100;
