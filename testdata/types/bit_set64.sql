-- case: BIT(1) to BIT(64) and a SET of 64 members, also as keys
-- why: the top bit makes a negative int64 that matches no row
-- versions: 5.6, 9.7
-- expect: equal

-- schema
CREATE TABLE bits (id INT PRIMARY KEY, b1 BIT(1), b7 BIT(7), b8 BIT(8), b9 BIT(9), b33 BIT(33), b63 BIT(63), b64 BIT(64));
CREATE TABLE bit_key (k BIT(64) PRIMARY KEY, v INT);
CREATE TABLE sets (
  id INT PRIMARY KEY,
  s SET('m1','m2','m3','m4','m5','m6','m7','m8','m9','m10','m11','m12','m13','m14','m15','m16','m17','m18','m19','m20','m21','m22','m23','m24','m25','m26','m27','m28','m29','m30','m31','m32','m33','m34','m35','m36','m37','m38','m39','m40','m41','m42','m43','m44','m45','m46','m47','m48','m49','m50','m51','m52','m53','m54','m55','m56','m57','m58','m59','m60','m61','m62','m63','m64'),
  s9 SET('a','b','c','d','e','f','g','h','i'),
  s1 SET('only')
);
CREATE TABLE set_key (
  k SET('m1','m2','m3','m4','m5','m6','m7','m8','m9','m10','m11','m12','m13','m14','m15','m16','m17','m18','m19','m20','m21','m22','m23','m24','m25','m26','m27','m28','m29','m30','m31','m32','m33','m34','m35','m36','m37','m38','m39','m40','m41','m42','m43','m44','m45','m46','m47','m48','m49','m50','m51','m52','m53','m54','m55','m56','m57','m58','m59','m60','m61','m62','m63','m64') PRIMARY KEY,
  v INT
);

-- before
INSERT INTO bits VALUES
  (1, 0, 0, 0, 0, 0, 0, 0),
  (2, b'1', b'1111111', 255, 511, 8589934591, 9223372036854775807, 18446744073709551615),
  (3, b'1', 64, 128, 256, 4294967296, 4611686018427387904, 9223372036854775808),
  (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO bit_key VALUES (0,0),(1,1),(9223372036854775807,2),(9223372036854775808,3),(18446744073709551615,4);
INSERT INTO sets VALUES
  (1, '', '', ''), (2, 'm1', 'a,i', 'only'), (3, 'm64', 'i', NULL), (4, 18446744073709551615, 511, 1), (5, NULL, NULL, NULL);
INSERT INTO set_key VALUES (0,0),(1,1),('m64',2),('m63,m64',3),(18446744073709551615,4);

-- during
UPDATE bits SET b64 = 18446744073709551614, b1 = 0 WHERE b64 = 18446744073709551615;
UPDATE bits SET b64 = b64 | 1 WHERE id = 3;
INSERT INTO bits VALUES (5, 1, 127, 200, 300, 8589934590, 1, 9223372036854775809), (6, 1, 1, 1, 1, 1, 1, 1);
DELETE FROM bits WHERE id IN (1, 6);
UPDATE bit_key SET v = v + 10;
UPDATE bit_key SET k = 18446744073709551613 WHERE k = 18446744073709551615;
DELETE FROM bit_key WHERE k = 9223372036854775808;
INSERT INTO bit_key VALUES (9223372036854775809, 9);
UPDATE sets SET s = 'm1,m64', s9 = 'h' WHERE id IN (2, 5);
UPDATE sets SET s1 = '' WHERE id = 4;
INSERT INTO sets VALUES (6, 'm32,m33', 'h,i', 'only');
UPDATE set_key SET v = v + 10;
UPDATE set_key SET k = 'm62,m64' WHERE k = 'm63,m64';
DELETE FROM set_key WHERE k = 'm64';
