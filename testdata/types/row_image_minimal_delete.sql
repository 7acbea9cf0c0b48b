-- case: a DELETE logged by a session with MINIMAL row images
-- why: its before-image holds the key only
-- versions: 9.7
-- expect: refused at event: image

-- schema
CREATE TABLE images (id INT PRIMARY KEY, a INT, t TEXT);

-- before
INSERT INTO images VALUES (1, 1, 'one'), (2, 2, 'two');

-- during
DELETE FROM images WHERE id = 2;

-- refused
SET SESSION binlog_row_image = 'MINIMAL';
DELETE FROM images WHERE id = 1;
