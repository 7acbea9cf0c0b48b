-- case: TIME to both ends with fractions and signs, YEAR with 0000, as keys
-- why: YEAR bound as the text "0" becomes 2000; negative fractions borrow
-- versions: 5.6, 9.7
-- expect: equal

-- schema
CREATE TABLE times (id INT PRIMARY KEY, t0 TIME, t1 TIME(1), t2 TIME(2), t3 TIME(3), t4 TIME(4), t5 TIME(5), t6 TIME(6), y YEAR);
CREATE TABLE time_key (k TIME(6) PRIMARY KEY, v INT);
CREATE TABLE year_key (k YEAR PRIMARY KEY, v INT);

-- before
SET SESSION sql_mode = '';
INSERT INTO times VALUES
  (1, '838:59:59', '838:59:59', '838:59:59', '838:59:59', '838:59:59', '838:59:59', '838:59:59', 2155),
  (2, '-838:59:59', '-838:59:59', '-838:59:59', '-838:59:59', '-838:59:59', '-838:59:59', '-838:59:59', 1901),
  (3, '00:00:00', '00:00:00.1', '00:00:00.01', '00:00:00.001', '00:00:00.0001', '00:00:00.00001', '00:00:00.000001', 0),
  (4, '-00:00:01', '-00:00:00.1', '-00:00:00.01', '-00:00:00.001', '-00:00:00.0001', '-00:00:00.00001', '-00:00:00.000001', '0000'),
  (5, '-01:00:00', '-00:59:59.9', '-00:59:59.99', '-00:59:59.999', '-00:59:59.9999', '-00:59:59.99999', '-00:59:59.999999', 2000),
  (6, '-12:34:56', '-12:34:56.5', '-12:34:56.78', '-12:34:56.789', '-837:34:56.7891', '-12:34:56.78912', '-838:59:58.999999', '70'),
  (7, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT IGNORE INTO times (id, t0, t6) VALUES (8, '999:00:00', '-999:00:00'), (9, '838:59:59.4', '838:59:59.999999');
INSERT INTO time_key VALUES ('-838:59:59',1),('-838:59:58.999999',2),('-00:00:00.000001',3),('00:00:00',4),('00:00:00.000001',5),('99:00:00',6),('100:00:00',7),('838:59:59',8);
INSERT INTO year_key VALUES (0,1),(1901,2),(2000,3),(2155,4);

-- during
SET SESSION sql_mode = '';
INSERT INTO times VALUES (11, '-00:00:01', '-00:00:00.9', '-00:00:00.99', '-00:00:00.999', '-00:00:00.9999', '-00:00:00.99999', '-00:00:00.999999', 0), (12, '0', '0', '0', '0', '0', '0', '0', 2024);
UPDATE times SET t6 = '-100:00:00.000001', y = 0 WHERE id IN (1, 7);
UPDATE times SET y = 2000 WHERE y = 0;
UPDATE times SET y = 0 WHERE id IN (5, 11);
DELETE FROM times WHERE id = 12;
UPDATE time_key SET v = v + 10;
UPDATE year_key SET v = v + 10;
UPDATE time_key SET k = '-00:00:00.000002' WHERE k = '-00:00:00.000001';
UPDATE year_key SET k = 1999 WHERE k = 0;
INSERT INTO year_key VALUES (0, 9);
DELETE FROM time_key WHERE k = '99:00:00';
DELETE FROM year_key WHERE k = 2000;
