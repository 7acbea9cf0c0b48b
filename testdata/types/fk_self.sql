-- case: foreign keys to the table itself and in a circle, and sessions with checks off
-- why: children are in the parent's own table; orphans made with checks off must cross, too
-- versions: 5.6, 9.7
-- expect: equal

-- schema
CREATE TABLE tree (id INT PRIMARY KEY, up INT, v INT, KEY (up), FOREIGN KEY (up) REFERENCES tree (id) ON DELETE CASCADE);
CREATE TABLE left_side (id INT PRIMARY KEY, r INT, KEY (r));
CREATE TABLE right_side (id INT PRIMARY KEY, l INT, KEY (l), FOREIGN KEY (l) REFERENCES left_side (id) ON DELETE CASCADE);
ALTER TABLE left_side ADD FOREIGN KEY (r) REFERENCES right_side (id) ON DELETE SET NULL;
CREATE TABLE master (id INT PRIMARY KEY);
CREATE TABLE detail (id INT PRIMARY KEY, m INT, KEY (m), FOREIGN KEY (m) REFERENCES master (id) ON DELETE CASCADE ON UPDATE CASCADE);

-- before
INSERT INTO tree VALUES (1, NULL, 1), (2, 1, 2), (3, 2, 3), (4, 3, 4), (5, 1, 5), (6, NULL, 6), (7, 6, 7);
INSERT INTO left_side VALUES (1, NULL), (2, NULL), (3, NULL);
INSERT INTO right_side VALUES (1, 1), (2, 2), (3, 3);
UPDATE left_side SET r = 4 - id;
INSERT INTO master VALUES (1), (2), (3);
INSERT INTO detail VALUES (10, 1), (20, 2), (30, 3);
SET SESSION foreign_key_checks = 0;
INSERT INTO detail VALUES (99, 99);

-- during
DELETE FROM tree WHERE id = 2;
INSERT INTO tree VALUES (8, 7, 8), (9, 8, 9);
DELETE FROM tree WHERE id = 6;
DELETE FROM left_side WHERE id = 1;
UPDATE left_side SET r = NULL WHERE id = 2;
DELETE FROM master WHERE id = 1;
SET SESSION foreign_key_checks = 0;
DELETE FROM master WHERE id = 2;
INSERT INTO detail VALUES (98, 98), (97, 97);
UPDATE master SET id = 33 WHERE id = 3;
UPDATE detail SET id = 100 WHERE id = 99;
SET SESSION foreign_key_checks = 1;
DELETE FROM detail WHERE id = 98;
INSERT INTO master VALUES (2);
DELETE FROM master WHERE id = 2;
