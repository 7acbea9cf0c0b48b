-- case: the log itself: rotations, tagged GTIDs, row queries, checks off, small and large events
-- why: none of it is a change of a row, all of it moves the position
-- versions: 5.6, 9.7
-- expect: equal

-- schema
CREATE TABLE b (id INT PRIMARY KEY, v TEXT);

-- before
INSERT INTO b VALUES (1, 'one');

-- during
FLUSH BINARY LOGS;
INSERT INTO b VALUES (2, 'two');
FLUSH BINARY LOGS;
FLUSH BINARY LOGS;
SET SESSION binlog_rows_query_log_events = ON;
UPDATE b SET v = 'with the query' WHERE id = 2;
SET SESSION binlog_rows_query_log_events = OFF, unique_checks = 0, foreign_key_checks = 0;
INSERT INTO b VALUES (3, 'three');
SET SESSION unique_checks = 1, foreign_key_checks = 1;
/*!80300 SET SESSION gtid_next = 'AUTOMATIC:tagged' */;
INSERT INTO b VALUES (4, 'tagged');
UPDATE b SET v = 'tagged twice' WHERE id = 4;
SET SESSION gtid_next = 'AUTOMATIC';
INSERT INTO b VALUES (5, 'not tagged');
SET SESSION gtid_next = 'aaaaaaaa-0000-0000-0000-{{hex}}:77';
INSERT INTO b VALUES (6, 'from another server');
SET SESSION gtid_next = 'aaaaaaaa-0000-0000-0000-{{hex}}:78';
COMMIT;
SET SESSION gtid_next = 'aaaaaaaa-0000-0000-0000-{{hex}}:5';
INSERT INTO b VALUES (7, 'earlier number');
SET SESSION gtid_next = 'AUTOMATIC';
SET TIMESTAMP = 1;
INSERT INTO b VALUES (8, 'long ago');
SET TIMESTAMP = DEFAULT;
BEGIN;
INSERT INTO b VALUES (9, REPEAT('x', 9000));
INSERT INTO b VALUES (10, REPEAT('y', 60000));
DELETE FROM b WHERE id = 9;
COMMIT;
FLUSH BINARY LOGS;
DELETE FROM b WHERE id = 1;
