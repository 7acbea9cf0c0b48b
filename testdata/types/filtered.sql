-- case: transactions and DDL over replicated and other tables together
-- why: what is not replicated is left out, and nothing else
-- versions: 5.6, 9.7
-- expect: equal

-- schema
CREATE DATABASE x_{{db}};
CREATE TABLE x_{{db}}.other (id INT PRIMARY KEY, v INT);
CREATE TABLE mine (id INT PRIMARY KEY, v INT);

-- before
INSERT INTO mine VALUES (1, 1), (2, 2);
INSERT INTO x_{{db}}.other VALUES (1, 1);

-- during
BEGIN;
INSERT INTO x_{{db}}.other VALUES (2, 2);
INSERT INTO mine VALUES (3, 3);
UPDATE x_{{db}}.other SET v = 9;
COMMIT;
UPDATE mine m JOIN x_{{db}}.other o ON o.id = m.id SET m.v = 100, o.v = 100;
ALTER TABLE x_{{db}}.other ADD COLUMN w INT;
USE x_{{db}};
DROP TABLE other;
CREATE TABLE mine (a TEXT);
INSERT INTO mine VALUES ('not mine');
SET SESSION binlog_format = 'STATEMENT';
INSERT INTO mine VALUES ('as a statement');
SET SESSION binlog_format = 'ROW', binlog_row_image = 'MINIMAL';
DELETE FROM mine;
SET SESSION binlog_row_image = 'FULL';
CREATE TABLE old_engine (id INT) ENGINE=MyISAM;
INSERT INTO old_engine VALUES (1);
USE {{db}};
DELETE FROM mine WHERE id = 2;
DROP DATABASE x_{{db}};
INSERT INTO mine VALUES (4, 4);
