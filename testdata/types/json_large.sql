-- case: JSON documents of 2 MB, 90 levels deep, with thousands of keys
-- why: documents over 64 KB use another binary format
-- versions: 9.7
-- expect: equal

-- schema
CREATE TABLE large (id INT PRIMARY KEY, j JSON);

-- before
SET SESSION group_concat_max_len = 8000000, cte_max_recursion_depth = 100000;
INSERT INTO large VALUES (1, JSON_OBJECT('text', REPEAT('日本 text ', 200000), 'n', 1));
INSERT INTO large SELECT 2, CONCAT('[', GROUP_CONCAT(n), ']') FROM (WITH RECURSIVE s AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM s WHERE n < 60000) SELECT n FROM s) q;
INSERT INTO large SELECT 3, JSON_OBJECTAGG(CONCAT('key ', n), n * 1.5e0) FROM (WITH RECURSIVE s AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM s WHERE n < 9000) SELECT n FROM s) q;
INSERT INTO large VALUES (4, CONCAT(REPEAT('[', 90), '1', REPEAT(']', 90)));
INSERT INTO large VALUES (5, CONCAT(REPEAT('{"a":', 90), '1.0', REPEAT('}', 90)));
INSERT INTO large VALUES (6, JSON_ARRAY(REPEAT('x', 127), REPEAT('x', 128), REPEAT('x', 16383), REPEAT('x', 16384), REPEAT('x', 65535), REPEAT('x', 65536)));
INSERT INTO large VALUES (7, JSON_OBJECT(REPEAT('k', 65535), 1));

-- during
INSERT INTO large SELECT id + 10, j FROM large;
UPDATE large SET j = JSON_SET(j, '$.n', 2, '$.more', CAST('1.10' AS DECIMAL(5,2))) WHERE id IN (1, 11);
UPDATE large SET j = JSON_INSERT(j, '$[59999]', 'changed', '$[60001]', -0.0e0) WHERE id = 2;
UPDATE large SET j = JSON_REMOVE(j, '$."key 77"') WHERE id = 3;
UPDATE large SET j = JSON_ARRAY(j, 1) WHERE id = 14;
DELETE FROM large WHERE id IN (13, 16);
