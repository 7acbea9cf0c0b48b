-- case: LOAD DATA, INSERT ... SELECT and one statement of many rows
-- why: one statement becomes many events
-- versions: 5.6, 9.7
-- expect: equal

-- schema
CREATE TABLE loaded (id INT PRIMARY KEY, a VARCHAR(40), b DECIMAL(10,3));
CREATE TABLE copied (id INT AUTO_INCREMENT PRIMARY KEY, a VARCHAR(40), b DECIMAL(10,3));

-- before
INSERT INTO loaded VALUES (-1, 'before', 0);

-- during
-- LOCAL INFILE numbers: 5000 lines of id, text and id/8
LOAD DATA LOCAL INFILE 'Reader::numbers' INTO TABLE loaded CHARACTER SET utf8mb4 FIELDS TERMINATED BY ',';
INSERT INTO copied (a, b) SELECT a, b FROM loaded ORDER BY id;
INSERT INTO copied (a, b) SELECT l.a, r.b FROM loaded l JOIN (SELECT b FROM loaded WHERE id < 3) r WHERE l.id > 0;
UPDATE copied SET a = CONCAT(a, ' updated'), b = b * 2 WHERE id % 3 = 0;
DELETE FROM loaded WHERE id % 2 = 1;
LOAD DATA LOCAL INFILE 'Reader::numbers' REPLACE INTO TABLE loaded CHARACTER SET utf8mb4 FIELDS TERMINATED BY ',' SET a = CONCAT('again ', a);
DELETE FROM copied WHERE id > 9000;
