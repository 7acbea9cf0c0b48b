-- case: JSON logged as differences (binlog_row_value_options=PARTIAL_JSON in a session)
-- why: an event that holds differences only looks like nothing, or like an empty document
-- versions: 9.7
-- expect: refused at event: PARTIAL

-- schema
CREATE TABLE docs (id INT PRIMARY KEY, j JSON);

-- before
INSERT INTO docs VALUES (1, JSON_OBJECT('a', 1, 'b', REPEAT('x', 1000), 'c', REPEAT('y', 1000)));

-- during
INSERT INTO docs VALUES (2, JSON_OBJECT('a', 1, 'b', REPEAT('x', 1000), 'c', REPEAT('y', 1000)));

-- refused
SET SESSION binlog_row_value_options = 'PARTIAL_JSON';
UPDATE docs SET j = JSON_SET(j, '$.a', 2, '$.c', 'z') WHERE id = 1;
