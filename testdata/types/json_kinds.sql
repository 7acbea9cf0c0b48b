-- case: JSON of every plain kind: numbers of each kind, strings, nesting, key order, duplicates
-- why: a naive decoder sorts keys anew, turns 1.0 into 1 and loses the sign of -0.0
-- versions: 9.7
-- expect: equal

-- schema
CREATE TABLE docs (id INT PRIMARY KEY, j JSON, k JSON NOT NULL);

-- before
INSERT INTO docs VALUES
  (1, NULL, 'null'), (2, 'true', 'false'), (3, '0', '-0'), (4, '1', '1.0'), (5, '-1', '-0.0'), (6, '32767', '-32768'),
  (7, '32768', '-32769'), (8, '65535', '65536'), (9, '2147483647', '-2147483648'), (10, '2147483648', '-2147483649'),
  (11, '4294967295', '4294967296'), (12, '9223372036854775807', '-9223372036854775808'), (13, '9223372036854775808', '18446744073709551615'),
  (14, '18446744073709551616', '123456789012345678901234567890'), (15, '1e308', '-1.7976931348623157e308'), (16, '5e-324', '2.2250738585072014e-308'),
  (17, '0.1', '0.30000000000000004'), (18, '1e10', '1e22'), (19, '12345678901234567.5', '9007199254740993'), (20, '1.5e-7', '100000.0'),
  (21, '""', '"text"'), (22, '"quote \\" slash \\\\ / tab \\t newline \\n nul \\u0000 bell \\u0007"', '"日本語 😀 \\ud83d\\ude00 é"'),
  (23, '[]', '{}'), (24, '[[], {}, [[]], {"a": {}}]', '{"a": [], "b": {"c": []}}'),
  (25, '{"b": 1, "a": 2, "aa": 3, "": 4, "B": 5, "日本": 6, "é": 7}', '{"longer key": 1, "k": 2}'),
  (26, '{"a": 1, "a": 2, "a": 3}', '{"a": {"b": 1}, "a": {"c": 2}}'),
  (27, '[1, 1.0, "1", true, null, -0.0, 1e0, 18446744073709551615]', '[true, false, null, [true, false, null], {"t": true, "f": false, "n": null}]'),
  (28, '{"quote\\"key": 1, "back\\\\slash": 2, "dot.key": 3, "$": 4, " ": 5, "\\u0000": 6}', '"\\u2028\\u2029\\ufeff"');

-- during
INSERT INTO docs SELECT id + 100, k, COALESCE(j, 'null') FROM docs ORDER BY id;
UPDATE docs SET j = '{"z": -0.0, "y": 1.0, "x": [1.0, 2, 3e0]}' WHERE id IN (1, 5, 104);
UPDATE docs SET j = NULL WHERE id = 2;
UPDATE docs SET j = k, k = '"swapped"' WHERE id BETWEEN 13 AND 17;
UPDATE docs SET k = JSON_ARRAY(id, id * 1.0e0, CAST(id AS CHAR), id % 2 = 0, NULL) WHERE id < 10;
UPDATE docs SET k = JSON_OBJECT('id', id, 'neg', -id, 'big', 18446744073709551615 - id, 'double', id / 3e0) WHERE id BETWEEN 110 AND 120;
DELETE FROM docs WHERE id IN (3, 22, 128);
