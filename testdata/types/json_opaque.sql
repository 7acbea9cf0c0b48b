-- case: JSON that holds decimals, dates, times and binary values as what they are
-- why: their text looks like a double or a string, and a copy by text makes them one
-- versions: 9.7
-- expect: equal

-- schema
CREATE TABLE opaque (id INT PRIMARY KEY, j JSON);

-- before
INSERT INTO opaque VALUES
  (1, CAST(1.50 AS JSON)),
  (2, JSON_ARRAY(CAST('0.100' AS DECIMAL(10,3)), CAST('12345678901234567890123456789.0123456789' AS DECIMAL(65,10)), CAST('-1' AS DECIMAL(5,0)))),
  (3, JSON_OBJECT('d', CAST('2024-02-29' AS DATE), 't', CAST('-12:34:56.789' AS TIME(3)), 'dt', CAST('2024-02-29 12:34:56.123456' AS DATETIME(6)))),
  (4, JSON_OBJECT('t0', CAST('00:00:00' AS TIME), 't6', CAST('00:00:00' AS TIME(6)), 'max', CAST('838:59:59' AS TIME), 'min', CAST('-838:59:59' AS TIME))),
  (5, JSON_ARRAY(1, JSON_OBJECT('price', 19.99, 'list', JSON_ARRAY(1.10, '1.10', 1.1e0)), 'x')),
  (6, JSON_OBJECT('a.b', 1.5, 'quo"te', 2.50, 'back\\slash', 3.50, '日本', 4.50, '', 5.50, 'sp ace', 6.50)),
  (7, JSON_ARRAY(CAST('1000-01-01' AS DATE), CAST('9999-12-31' AS DATE), CAST('1000-01-01 00:00:00' AS DATETIME))),
  (8, '{"plain": 1.5}'),
  (9, CAST(TIMESTAMP'2024-02-29 01:02:03' AS JSON)),
  (10, JSON_ARRAY(JSON_ARRAY(JSON_ARRAY(JSON_ARRAY(0.5))))),
  (11, JSON_OBJECT('b', CAST(X'00FF10' AS BINARY(3)), 'vb', X'DEADBEEF', 'bit', b'1010')),
  (12, CAST(CAST('binary' AS BINARY) AS JSON)),
  (13, NULL);

-- during
INSERT INTO opaque SELECT id + 100, j FROM opaque ORDER BY id;
UPDATE opaque SET j = JSON_SET(j, '$.added', CAST('7.70' AS DECIMAL(5,2))) WHERE JSON_TYPE(j) = 'OBJECT';
UPDATE opaque SET j = JSON_ARRAY_APPEND(j, '$', CAST('2024-01-01' AS DATE), '$', NOW(6), '$', 0.1000) WHERE JSON_TYPE(j) = 'ARRAY';
UPDATE opaque SET j = CAST(2.500 AS JSON) WHERE id = 1;
UPDATE opaque SET j = JSON_EXTRACT(j, '$.d') WHERE id = 103;
UPDATE opaque SET j = JSON_OBJECT('y', CAST(2024 AS YEAR), 'amount', 0.10, 'at', CAST('10:11:12.5' AS TIME(1))) WHERE id IN (8, 13);
DELETE FROM opaque WHERE id IN (5, 112);
