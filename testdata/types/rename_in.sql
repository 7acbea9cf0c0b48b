-- case: a table that appears by RENAME from a place that is not replicated
-- why: its rows were never read
-- versions: 5.6, 9.7
-- expect: refused at event: replicated

-- schema
CREATE DATABASE x_{{db}};
CREATE TABLE x_{{db}}.coming (id INT PRIMARY KEY);
CREATE TABLE mine (id INT PRIMARY KEY);

-- before
INSERT INTO mine VALUES (1);

-- during
INSERT INTO mine VALUES (2);

-- refused
INSERT INTO x_{{db}}.coming VALUES (7);
RENAME TABLE x_{{db}}.coming TO {{db}}.arrived;
