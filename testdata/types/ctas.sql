-- case: CREATE TABLE ... SELECT
-- why: one transaction holds a BEGIN, a CREATE and rows
-- versions: 9.7
-- expect: equal

-- schema
CREATE TABLE origin (id INT PRIMARY KEY, v VARCHAR(20), d DECIMAL(10,2));

-- before
INSERT INTO origin VALUES (1, 'one', 1.5), (2, 'two', 2.5), (3, NULL, NULL);

-- during
CREATE TABLE plain_copy AS SELECT * FROM origin;
CREATE TABLE keyed_copy (id INT PRIMARY KEY, extra INT DEFAULT 5) SELECT id, v FROM origin WHERE id < 3;
CREATE TABLE empty_copy AS SELECT * FROM origin WHERE 1 = 0;
INSERT INTO plain_copy VALUES (4, 'four', 4);
UPDATE keyed_copy SET extra = 6 WHERE id = 1;
CREATE TABLE many_copy (n INT AUTO_INCREMENT PRIMARY KEY) SELECT a.v FROM origin a, origin b, origin c, origin d, origin e, origin f;
DELETE FROM many_copy WHERE n % 3 = 0;
