-- case: text with every byte that a writer must escape, CHAR and VARCHAR with spaces, all TEXT and BLOB sizes
-- why: \N, NUL, quotes and backslashes mean something to LOAD DATA and to literals
-- versions: 5.6, 9.7
-- expect: equal

-- schema
CREATE TABLE texts (id INT PRIMARY KEY, c CHAR(30), vc VARCHAR(100), tt TINYTEXT, t TEXT, mt MEDIUMTEXT, lt LONGTEXT, tb TINYBLOB, b BLOB, mb MEDIUMBLOB, lb LONGBLOB, n NATIONAL CHAR(10), lv VARCHAR(5000));

-- before
INSERT INTO texts (id, c, vc, t, b) VALUES
  (1, '\\N', '\\N', '\\N', '\\N'), (2, 'NULL', 'NULL', 'NULL', 'NULL'), (3, '', '', '', ''), (4, NULL, NULL, NULL, NULL),
  (5, ' lead', '  both  ', ' trail ', ' trail '), (6, 'tab\tnl\ncr\r', 'tab\tnl\ncr\r', 'tab\tnl\ncr\r', 'tab\tnl\ncr\r'),
  (7, 'nul\0end', 'nul\0end\0', '\0', '\0\0'), (8, '''single''', '"double"', '`tick`', '\\'), (9, '\\\\', '\\''', '''\\', '\\\\\\'),
  (10, '\Z', '\b', '\Z\b', X'1A080A0D09'), (11, '%', '_', '%_', '\\%\\_'), (12, '😀', '😀日本', '😀', '😀'), (13, '-- x', '/* x */', '# x', '; x'),
  (14, ',', '\n', '\r\n', X'0A'), (15, ',,', '\t\t', '\\t', '\\n'), (16, '�', 'é', 'ÿ', X'FFFE');
INSERT INTO texts VALUES (20, REPEAT('c', 30), REPEAT('日', 100), REPEAT('t', 255), REPEAT('t', 65535), REPEAT('m', 100000), REPEAT('日', 100000), REPEAT(X'00', 255), REPEAT(X'5C', 65535), REPEAT(X'27', 70000), REPEAT(X'FF00', 100000), 'n', REPEAT('v', 5000));

-- during
INSERT INTO texts (id, c, vc, t, b) SELECT id + 100, c, vc, t, b FROM texts WHERE id < 20 ORDER BY id;
UPDATE texts SET vc = CONCAT(vc, '\\'), t = CONCAT('\\', t), b = CONCAT(b, X'00') WHERE id < 20;
UPDATE texts SET lt = REPEAT('\\''\0', 50000), lb = REPEAT(X'00275C', 50000), mt = '' WHERE id IN (20, 101);
UPDATE texts SET c = 'trail   ', vc = 'trail   ' WHERE id = 3;
UPDATE texts SET vc = 'trail' WHERE id = 3;
DELETE FROM texts WHERE id IN (9, 107);
