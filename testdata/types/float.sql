-- case: FLOAT and DOUBLE bit for bit: -0.0, denormals, extremes, shortest and longest, also as keys
-- why: text rounds, WHERE f=0.1 finds nothing, -0.0 becomes 0
-- versions: 5.6, 9.7
-- expect: equal

-- schema
CREATE TABLE floats (id INT PRIMARY KEY, f FLOAT, d DOUBLE, f2 FLOAT(10,2), d5 DOUBLE(20,5), fu FLOAT UNSIGNED, r REAL);
CREATE TABLE double_key (k DOUBLE PRIMARY KEY, v INT);
CREATE TABLE float_key (k FLOAT PRIMARY KEY, v INT);
CREATE TABLE no_key (f FLOAT, d DOUBLE, v INT);

-- before
INSERT INTO floats VALUES
  (1, 0, 0, 0, 0, 0, 0),
  (2, -0e0, -0e0, -0e0, -0e0, 0, -0e0),
  (3, 3.402823466e38, 1.7976931348623157e308, 99999999.99, 123456789012345.12345, 3.402823466e38, 1),
  (4, -3.402823466e38, -1.7976931348623157e308, -99999999.99, -123456789012345.12345, 1, -1),
  (5, 1.401298464324817e-45, 4.9406564584124654e-324, 0.01, 0.00001, 1e-38, 2.2250738585072014e-308),
  (6, 1.17549435e-38, 2.2250738585072009e-308, 0.1, 0.1, 0.1, 0.1),
  (7, 0.1, 0.1, 0.3, 0.3, 0.7, 0.30000000000000004),
  (8, 16777216, 9007199254740993, 16777217, 9007199254740992, 16777215, 9007199254740991),
  (9, 1e10, 1e22, 1e7, 1e14, 1e20, 1e23),
  (10, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO double_key VALUES (-1e300,1),(-1.5,2),(0,3),(0.1,4),(0.30000000000000004,5),(0.3,6),(10,7),(9,8),(1e300,9);
INSERT INTO float_key VALUES (-1e30,1),(-1.5,2),(0,3),(0.1,4),(0.3,5),(16777216,6),(1e30,7);
INSERT INTO no_key VALUES (0.1,0.1,1),(0.1,0.1,1),(-0e0,-0e0,2),(NULL,NULL,3),(1.1,2.2,4);

-- during
INSERT INTO floats VALUES
  (11, -0e0, -0e0, 1.005, 1.000005, 5e-39, 5e-324),
  (12, 1e38, 1.7976931348623155e308, 33.33, 66.66667, 2.5, 123456.789e3),
  (13, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6);
UPDATE floats SET f = f / 3, d = d / 3 WHERE id IN (7, 8, 9, 12);
UPDATE floats SET d = -0e0, f = -0e0 WHERE id = 1;
UPDATE floats SET d = 0e0, f = 0e0 WHERE id = 2;
DELETE FROM floats WHERE id = 13;
UPDATE double_key SET v = v + 10;
UPDATE float_key SET v = v + 10;
UPDATE double_key SET k = k * 7 WHERE k IN (0.1, -1.5);
UPDATE float_key SET k = k * 7 WHERE v IN (12, 14);
DELETE FROM double_key WHERE k = 0.3;
DELETE FROM float_key WHERE v = 15;
INSERT INTO float_key VALUES (0.8, 1), (0.2, 2);
DELETE FROM float_key WHERE v = 1;
UPDATE no_key SET v = 9 WHERE v = 1 LIMIT 1;
DELETE FROM no_key WHERE v IN (2, 4);
INSERT INTO no_key VALUES (-0e0, 0.1, 5), (0.1, -0e0, 5);
DELETE FROM no_key WHERE v = 5 LIMIT 1;
