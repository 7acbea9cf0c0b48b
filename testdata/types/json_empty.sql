-- case: the empty JSON document that INSERT IGNORE of NULL leaves behind
-- why: the binlog carries zero bytes, which is no JSON text
-- versions: 9.7
-- expect: equal

-- schema
CREATE TABLE docs (id INT PRIMARY KEY, j JSON NOT NULL);

-- before
SET SESSION sql_mode = '';
INSERT IGNORE INTO docs VALUES (1, '1'), (2, NULL);

-- during
SET SESSION sql_mode = '';
INSERT IGNORE INTO docs VALUES (3, NULL), (4, '{}');
UPDATE docs SET j = '[1]' WHERE id = 2;
UPDATE IGNORE docs SET j = NULL WHERE id = 4;
DELETE FROM docs WHERE id = 3;
