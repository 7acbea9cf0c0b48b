-- case: unique values handed from row to row, swapped, passed round in a ring
-- why: REPLACE or ON DUPLICATE KEY UPDATE out of order leaves one row instead of two
-- versions: 5.6, 9.7
-- expect: equal

-- schema
CREATE TABLE slots (id INT PRIMARY KEY, slot INT, who VARCHAR(20), UNIQUE KEY (slot), UNIQUE KEY (who));

-- before
INSERT INTO slots VALUES (1, 10, 'a'), (2, 20, 'b'), (3, 30, 'c'), (4, NULL, NULL), (5, NULL, 'e'), (6, 60, 'f');

-- during
BEGIN;
UPDATE slots SET slot = NULL WHERE id = 1;
UPDATE slots SET slot = 10 WHERE id = 2;
UPDATE slots SET slot = 20 WHERE id = 1;
COMMIT;
BEGIN;
DELETE FROM slots WHERE id = 3;
INSERT INTO slots VALUES (7, 30, 'c');
COMMIT;
UPDATE slots SET slot = NULL WHERE id = 7;
UPDATE slots SET slot = 30 WHERE id = 4;
UPDATE slots SET slot = NULL WHERE id = 4;
UPDATE slots SET slot = 30 WHERE id = 5;
BEGIN;
UPDATE slots SET who = 'tmp' WHERE id = 1;
UPDATE slots SET who = 'a' WHERE id = 2;
UPDATE slots SET who = 'b' WHERE id = 5;
UPDATE slots SET who = 'e' WHERE id = 1;
COMMIT;
BEGIN;
DELETE FROM slots WHERE id = 6;
INSERT INTO slots VALUES (6, 61, 'g');
UPDATE slots SET id = 8 WHERE id = 6;
INSERT INTO slots VALUES (6, 60, 'f');
COMMIT;
REPLACE INTO slots VALUES (9, 61, 'f');
UPDATE slots SET slot = slot + 1 ORDER BY slot DESC;
UPDATE slots SET who = UPPER(who);
