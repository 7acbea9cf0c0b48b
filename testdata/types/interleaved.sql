-- case: sessions whose transactions overlap, wait for each other and deadlock
-- why: the binlog holds them in the order of their commits
-- versions: 5.6, 9.7
-- expect: equal

-- schema
CREATE TABLE hot (id INT PRIMARY KEY, v INT);
CREATE TABLE log (id INT AUTO_INCREMENT PRIMARY KEY, who VARCHAR(10), n INT);

-- before
INSERT INTO hot VALUES (1, 0), (2, 0), (3, 0);

-- during
-- session a
BEGIN;
UPDATE hot SET v = v + 1 WHERE id = 1;
INSERT INTO log (who, n) VALUES ('a', 1);
-- session b
BEGIN;
UPDATE hot SET v = v + 10 WHERE id = 2;
INSERT INTO log (who, n) VALUES ('b', 1);
-- session c
UPDATE hot SET v = v + 100 WHERE id = 3;
-- session b
COMMIT;
-- session a
UPDATE hot SET v = v + 2 WHERE id = 2;
COMMIT;
-- session b
BEGIN;
DELETE FROM hot WHERE id = 3;
-- session a
INSERT INTO log (who, n) VALUES ('a', 2);
-- session b
INSERT INTO hot VALUES (3, 5);
COMMIT;
-- session a
SET SESSION innodb_lock_wait_timeout = 1;
-- session b
BEGIN;
UPDATE hot SET v = 7 WHERE id = 1;
-- session a
BEGIN;
INSERT INTO log (who, n) VALUES ('a', 3);
-- fails 1205
UPDATE hot SET v = 8 WHERE id = 1;
COMMIT;
-- session b
ROLLBACK;
-- fails 1062
INSERT INTO hot VALUES (1, 1);
-- fails 1062
INSERT INTO hot VALUES (9, 9), (1, 1);
