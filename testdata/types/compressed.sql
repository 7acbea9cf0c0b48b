-- case: transactions compressed in the binlog
-- why: one event holds all others, and grows a thousandfold
-- versions: 9.7
-- expect: equal

-- schema
CREATE TABLE packed (id INT PRIMARY KEY, t TEXT, j JSON);

-- before
INSERT INTO packed VALUES (1, 'one', '{"a": 1.0}'), (2, 'two', NULL);

-- during
SET SESSION binlog_transaction_compression = ON;
INSERT INTO packed VALUES (3, REPEAT('x', 50000), '[1.5]'), (4, '', '{}');
BEGIN;
UPDATE packed SET t = CONCAT(t, ' more') WHERE id < 3;
DELETE FROM packed WHERE id = 4;
INSERT INTO packed VALUES (5, REPEAT('y', 60000), CAST(1.10 AS JSON));
COMMIT;
SET SESSION cte_max_recursion_depth = 5000;
INSERT INTO packed SELECT n + 1000, REPEAT(CHAR(65 + n % 26), 4000), JSON_ARRAY(n) FROM (WITH RECURSIVE s AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM s WHERE n < 3000) SELECT n FROM s) q;
CREATE TABLE packed_ddl (id INT PRIMARY KEY);
INSERT INTO packed_ddl VALUES (1);
UPDATE packed SET t = 'short' WHERE id BETWEEN 2000 AND 2500;
SET SESSION binlog_transaction_compression = OFF;
DELETE FROM packed WHERE id BETWEEN 2400 AND 2600;
