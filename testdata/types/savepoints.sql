-- case: savepoints, rollbacks, implicit commits, autocommit off, transactions that change nothing
-- why: a position saved at a savepoint, or a rolled back row, is wrong
-- versions: 5.6, 9.7
-- expect: equal

-- schema
CREATE TABLE s (id INT PRIMARY KEY, v INT);

-- before
INSERT INTO s VALUES (1, 1), (2, 2), (3, 3);

-- during
BEGIN;
INSERT INTO s VALUES (10, 10);
SAVEPOINT a;
INSERT INTO s VALUES (11, 11);
SAVEPOINT b;
UPDATE s SET v = 0;
ROLLBACK TO b;
INSERT INTO s VALUES (12, 12);
ROLLBACK TO a;
INSERT INTO s VALUES (13, 13);
RELEASE SAVEPOINT a;
COMMIT;
BEGIN;
DELETE FROM s;
ROLLBACK;
BEGIN;
UPDATE s SET v = v WHERE id = 1;
COMMIT;
SET autocommit = 0;
INSERT INTO s VALUES (20, 20);
INSERT INTO s VALUES (21, 21);
CREATE TABLE implicit_commit (id INT PRIMARY KEY);
INSERT INTO implicit_commit VALUES (1);
ROLLBACK;
DELETE FROM s WHERE id = 20;
COMMIT;
SET autocommit = 1;
START TRANSACTION WITH CONSISTENT SNAPSHOT;
SAVEPOINT `odd ``name`;
INSERT INTO s VALUES (30, 30);
ROLLBACK TO `odd ``name`;
COMMIT;
BEGIN;
INSERT INTO s VALUES (31, 31);
DELETE FROM s WHERE id = 31;
COMMIT;
BEGIN;
INSERT INTO s VALUES (32, 1);
UPDATE s SET v = 2 WHERE id = 32;
UPDATE s SET v = 3, id = 33 WHERE id = 32;
UPDATE s SET id = 32 WHERE id = 33;
COMMIT;
