-- case: an INSERT of nothing but defaults under MINIMAL images
-- why: the event holds no row at all
-- versions: 5.6, 9.7
-- expect: refused at event: image

-- schema
CREATE TABLE images (id INT AUTO_INCREMENT PRIMARY KEY, a INT DEFAULT 5);
CREATE TABLE keyless (a INT DEFAULT 5, b INT);

-- during
INSERT INTO images () VALUES ();
INSERT INTO keyless () VALUES ();

-- refused
SET SESSION binlog_row_image = 'MINIMAL';
INSERT INTO keyless () VALUES ();
