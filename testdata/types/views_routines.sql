-- case: views, routines, events and users that come and go in the stream
-- why: they are not replicated yet, and must neither stop the stream nor be taken for something else
-- versions: 5.6, 9.7
-- expect: equal

-- schema
CREATE TABLE base (id INT PRIMARY KEY, v INT);
CREATE VIEW base_view AS SELECT id, v FROM base;
CREATE FUNCTION plus_one(x INT) RETURNS INT DETERMINISTIC NO SQL RETURN x + 1;

-- before
INSERT INTO base VALUES (1, 1), (2, 2);

-- during
CREATE VIEW second_view AS SELECT id FROM base WHERE v > 1;
CREATE PROCEDURE add_row(IN x INT) INSERT INTO base VALUES (x, plus_one(x));
CALL add_row(3);
CALL add_row(4);
INSERT INTO base_view VALUES (5, 5);
UPDATE base_view SET v = plus_one(v) WHERE id = 1;
CREATE EVENT never ON SCHEDULE AT '2037-01-01 00:00:00' DISABLE DO DELETE FROM base;
ALTER EVENT never COMMENT 'still never';
DROP EVENT never;
DROP PROCEDURE add_row;
ALTER VIEW second_view AS SELECT v FROM base;
DROP VIEW second_view;
ANALYZE TABLE base;
OPTIMIZE TABLE base;
CHECK TABLE base;
FLUSH TABLES base;
CREATE USER '{{db}}'@'localhost' IDENTIFIED BY 'Aa1-secret';
GRANT SELECT ON {{db}}.* TO '{{db}}'@'localhost';
REVOKE SELECT ON {{db}}.* FROM '{{db}}'@'localhost';
DROP USER '{{db}}'@'localhost';
/*!80000 CREATE ROLE '{{db}}_role' */;
/*!80000 DROP ROLE '{{db}}_role' */;
DELETE FROM base WHERE id = 4;
