-- case: ENUM and SET with numeric labels, commas, quotes, Japanese, invalid values
-- why: bound as a string, '1' of ENUM('2','1') becomes another member; index 0 is refused in strict mode
-- versions: 5.6, 9.7
-- expect: equal

-- schema
CREATE TABLE labels (
  id INT PRIMARY KEY,
  numeric_label ENUM('2','1','0'),
  odd ENUM('it''s','a,b','back\\slash','quote"d',' lead','','日本語','Ä'),
  japanese ENUM('東京','大阪','京都') CHARACTER SET sjis,
  latin ENUM('é','ü','ß') CHARACTER SET latin1,
  numeric_set SET('4','2','1'),
  odd_set SET('it''s','back\\slash','日本','x y'),
  not_null ENUM('a','b') NOT NULL
);
CREATE TABLE enum_key (k ENUM('z','y','x','1'), n INT, v INT, PRIMARY KEY (k, n));

-- before
INSERT INTO labels VALUES
  (1, '2', 'it''s', '東京', 'é', '4', 'it''s', 'a'),
  (2, '1', 'a,b', '大阪', 'ü', '2,1', 'back\\slash,日本', 'b'),
  (3, '0', '', '京都', 'ß', '', '', 'a'),
  (4, NULL, NULL, NULL, NULL, NULL, NULL, 'b');
SET SESSION sql_mode = '';
INSERT IGNORE INTO labels VALUES (5, 'no such', 'none', 'none', 'none', 'none', 'none', 'none');
INSERT INTO labels (id) VALUES (6);
INSERT INTO enum_key VALUES ('z',1,1),('y',1,2),('x',1,3),('1',1,4);

-- during
SET SESSION sql_mode = '';
INSERT INTO labels VALUES
  (11, 1, 3, 1, 1, 1, 1, 1), (12, '1', '日本語', '大阪', 'ß', '4,1', '日本,x y', 'b'), (13, '0', 'Ä', NULL, NULL, NULL, NULL, 'a');
INSERT IGNORE INTO labels VALUES (14, 'bad', 'bad', 'bad', 'bad', 'bad', 'bad', 'bad');
UPDATE labels SET numeric_label = '1', odd = ' lead' WHERE id IN (1, 5);
UPDATE labels SET numeric_label = 0, numeric_set = 7 WHERE id = 2;
UPDATE IGNORE labels SET not_null = 'nonsense' WHERE id = 3;
DELETE FROM labels WHERE id = 6;
DELETE FROM labels WHERE id = 14;
UPDATE enum_key SET v = v + 10;
UPDATE enum_key SET k = '1', n = 2 WHERE k = 'z';
DELETE FROM enum_key WHERE k = 'y';
INSERT IGNORE INTO enum_key VALUES ('nonsense', 1, 5);
UPDATE enum_key SET v = 6 WHERE k = 0;
