-- case: DROP DATABASE of a replicated database
-- why: one statement takes every table of the target with it
-- versions: 5.6, 9.7
-- expect: refused at event: database

-- schema
CREATE TABLE precious (id INT PRIMARY KEY);

-- before
INSERT INTO precious VALUES (1);

-- during
INSERT INTO precious VALUES (2);

-- refused
DROP DATABASE {{db}};
