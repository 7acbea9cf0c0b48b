-- case: a session that logs NOBLOB row images
-- why: the columns that were left out would arrive as NULL
-- versions: 5.6, 9.7
-- expect: refused at event: image

-- schema
CREATE TABLE images (id INT PRIMARY KEY, a INT, t TEXT, b BLOB);

-- before
INSERT INTO images VALUES (1, 1, 'one', 'one'), (2, 2, 'two', 'two');

-- during
UPDATE images SET a = 20 WHERE id = 2;

-- refused
SET SESSION binlog_row_image = 'NOBLOB';
UPDATE images SET a = 10 WHERE id = 1;
