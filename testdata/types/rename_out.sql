-- case: a replicated table that is renamed to a place that is not
-- why: it vanishes here and appears nowhere
-- versions: 5.6, 9.7
-- expect: refused at event: replicated

-- schema
CREATE DATABASE x_{{db}};
CREATE TABLE leaving (id INT PRIMARY KEY);

-- before
INSERT INTO leaving VALUES (1);

-- during
INSERT INTO leaving VALUES (2);

-- refused
RENAME TABLE leaving TO x_{{db}}.left_behind;
