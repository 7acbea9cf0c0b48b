-- case: indexes, keys, foreign keys, charsets and options changed while rows change
-- why: with another key, rows are found in another way
-- versions: 5.6, 9.7
-- expect: equal

-- schema
CREATE TABLE indexed (id INT NOT NULL, a INT, b VARCHAR(50), c INT);
CREATE TABLE parent (id INT PRIMARY KEY);
CREATE TABLE child (id INT PRIMARY KEY, p INT);
CREATE TABLE charset (id INT PRIMARY KEY, t VARCHAR(50), u TEXT) CHARACTER SET latin1;

-- before
INSERT INTO indexed VALUES (1, 1, 'one', 1), (2, 2, 'two', 2), (3, 2, 'two', 2);
INSERT INTO parent VALUES (1), (2);
INSERT INTO child VALUES (1, 1), (2, 2);
INSERT INTO charset VALUES (1, 'é', 'ü'), (2, 'plain', NULL);

-- during
UPDATE indexed SET c = 5 WHERE id = 1;
ALTER TABLE indexed ADD PRIMARY KEY (id);
UPDATE indexed SET c = c + 1;
CREATE INDEX by_a ON indexed (a, b(10));
CREATE UNIQUE INDEX by_id ON indexed (id, a);
UPDATE indexed SET b = UPPER(b);
DROP INDEX by_a ON indexed;
ALTER TABLE indexed DROP PRIMARY KEY;
DELETE FROM indexed WHERE id = 3;
ALTER TABLE indexed DROP INDEX by_id, ADD COLUMN auto INT AUTO_INCREMENT UNIQUE;
INSERT INTO indexed (id, a) VALUES (4, 4);
ALTER TABLE child ADD CONSTRAINT to_parent FOREIGN KEY (p) REFERENCES parent (id) ON DELETE CASCADE;
DELETE FROM parent WHERE id = 1;
ALTER TABLE child DROP FOREIGN KEY to_parent;
DELETE FROM parent WHERE id = 2;
ALTER TABLE charset CONVERT TO CHARACTER SET utf8mb4;
INSERT INTO charset VALUES (3, '日本', '😀');
ALTER TABLE charset DEFAULT CHARACTER SET sjis COMMENT 'now 日本', AUTO_INCREMENT = 100;
ALTER TABLE charset ADD COLUMN s VARCHAR(20);
UPDATE charset SET s = '東京';
ALTER TABLE charset ROW_FORMAT = DYNAMIC, ENGINE = InnoDB;
ALTER DATABASE {{db}} CHARACTER SET latin1 COLLATE latin1_bin;
CREATE TABLE inherits (id VARCHAR(20) PRIMARY KEY);
INSERT INTO inherits VALUES ('é'), ('É');
UPDATE inherits SET id = 'ü' WHERE id = 'é';
ALTER TABLE charset FORCE;
UPDATE charset SET t = 'end' WHERE id = 1;
