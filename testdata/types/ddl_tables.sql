-- case: tables created, dropped, truncated, copied in shape and renamed while rows change
-- why: these events carry no rows, yet rows appear and vanish
-- versions: 5.6, 9.7
-- expect: equal
-- not beside: a table that is renamed while it is being copied stops the link

-- schema
CREATE TABLE stays (id INT PRIMARY KEY, v INT);
CREATE TABLE goes (id INT PRIMARY KEY);
CREATE TABLE goes_too (id INT PRIMARY KEY);
CREATE TABLE cleared (id INT AUTO_INCREMENT PRIMARY KEY, v INT);

-- before
INSERT INTO stays VALUES (1, 1), (2, 2);
INSERT INTO goes VALUES (1), (2);
INSERT INTO goes_too VALUES (1);
INSERT INTO cleared (v) VALUES (1), (2), (3);

-- during
CREATE TABLE made (id INT PRIMARY KEY, v INT);
INSERT INTO made VALUES (1, 1);
CREATE TABLE IF NOT EXISTS made (other INT);
CREATE TABLE alike LIKE stays;
INSERT INTO alike SELECT * FROM stays;
UPDATE stays SET v = v + 1;
DROP TABLE goes;
DROP TABLE IF EXISTS goes_too, never_was;
TRUNCATE TABLE cleared;
INSERT INTO cleared (v) VALUES (9);
TRUNCATE cleared;
INSERT INTO cleared (v) VALUES (8), (7);
CREATE TABLE goes (name VARCHAR(20) PRIMARY KEY);
INSERT INTO goes VALUES ('other shape');
RENAME TABLE made TO renamed;
INSERT INTO renamed VALUES (2, 2);
ALTER TABLE renamed RENAME TO made_again, ADD COLUMN w INT DEFAULT 4;
INSERT INTO made_again VALUES (3, 3, 3);
CREATE TABLE stays_new LIKE stays;
ALTER TABLE stays_new ADD COLUMN extra INT DEFAULT 1;
INSERT INTO stays_new (id, v) SELECT id, v FROM stays;
RENAME TABLE stays TO stays_old, stays_new TO stays;
INSERT INTO stays VALUES (10, 10, 10);
UPDATE stays_old SET v = 99;
DROP TABLE stays_old;
UPDATE stays SET extra = 5 WHERE id = 1;
RENAME TABLE alike TO swap_tmp, stays TO alike, swap_tmp TO stays;
INSERT INTO stays VALUES (20, 20);
INSERT INTO alike VALUES (21, 21, 21);
CREATE DATABASE {{db}}_later CHARACTER SET latin1;
CREATE TABLE {{db}}_later.fresh (id VARCHAR(10) PRIMARY KEY);
INSERT INTO {{db}}_later.fresh VALUES ('é');
