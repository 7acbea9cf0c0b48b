-- case: a session that logs a statement instead of rows
-- why: run again on other data, or at another time, it does something else
-- versions: 5.6, 9.7
-- expect: refused at event: statement

-- schema
CREATE TABLE st (id INT PRIMARY KEY, v INT);

-- before
INSERT INTO st VALUES (1, 1), (2, 2);

-- during
UPDATE st SET v = 20 WHERE id = 2;

-- refused
SET SESSION binlog_format = 'STATEMENT';
UPDATE st SET v = v + 1 WHERE id = 1;
