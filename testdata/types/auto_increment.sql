-- case: AUTO_INCREMENT columns that hold zero and negative numbers
-- why: without NO_AUTO_VALUE_ON_ZERO the target picks another number for 0
-- versions: 5.6, 9.7
-- expect: equal

-- schema
CREATE TABLE a (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(20));
CREATE TABLE u (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, v VARCHAR(20));
CREATE TABLE second_part (grp INT, id INT AUTO_INCREMENT, v VARCHAR(20), PRIMARY KEY (grp, id), KEY (id));
CREATE TABLE serial_column (v INT, id SERIAL);

-- before
SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO';
INSERT INTO a VALUES (0, 'zero'), (-5, 'negative'), (7, 'seven');
INSERT INTO u VALUES (0, 'zero'), (9223372036854775900, 'high');
INSERT INTO second_part VALUES (1, 0, 'zero'), (1, 1, 'one');
INSERT INTO serial_column VALUES (1, 0), (2, 1);

-- during
UPDATE a SET v = 'nought' WHERE id = 0;
UPDATE u SET v = 'nought' WHERE id = 0;
INSERT INTO a (v) VALUES ('next'), ('after next');
INSERT INTO u (v) VALUES ('next');
INSERT INTO second_part (grp, v) VALUES (2, 'next');
INSERT INTO serial_column (v) VALUES (3);
SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO';
DELETE FROM a WHERE id = 0;
INSERT INTO a VALUES (0, 'zero again');
DELETE FROM serial_column WHERE id = 0;
INSERT INTO serial_column VALUES (4, 0);
INSERT INTO second_part VALUES (3, 0, 'zero');
UPDATE a SET id = 0 - 6 WHERE id = -5;
