-- case: text keys under collations: case, accents, sharp s, trailing spaces
-- why: keys that differ in bytes can be equal to the server, and the other way round
-- versions: 5.6, 9.7
-- expect: equal

-- schema
CREATE TABLE general (k VARCHAR(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci PRIMARY KEY, v INT);
CREATE TABLE unicode (k VARCHAR(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci PRIMARY KEY, v INT);
CREATE TABLE bin (k VARCHAR(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin PRIMARY KEY, v INT);
CREATE TABLE fixed (k CHAR(20) CHARACTER SET utf8 COLLATE utf8_unicode_ci PRIMARY KEY, v INT);
CREATE TABLE danish (k VARCHAR(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_danish_ci, n INT, v INT, PRIMARY KEY (k, n), UNIQUE KEY (v, k));
CREATE TABLE secondary (id INT PRIMARY KEY, u VARCHAR(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci, UNIQUE KEY (u));
/*!80000 CREATE TABLE nopad (k VARCHAR(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci PRIMARY KEY, v INT) */;
/*!80000 CREATE TABLE turkish (k VARCHAR(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_tr_0900_ai_ci PRIMARY KEY, v INT) */;

-- before
INSERT INTO general VALUES ('tr', 1), ('straße', 2), ('strasse', 3), ('trailing  ', 4), ('日本', 5), ('Zz', 6), ('a', 7), ('', 8), ('_', 9), ('Ø', 10);
INSERT INTO unicode VALUES ('tr', 1), ('straße', 2), ('Æther', 3), ('trailing  ', 4), ('日本', 5), ('ﬀ', 6), ('10', 7), ('9', 8);
INSERT INTO bin VALUES ('tr', 1), ('TR', 2), ('Tr', 3), ('straße', 4), ('strasse', 5), ('sp  ', 6), ('é', 7), ('é', 8);
INSERT INTO fixed VALUES ('tr', 1), ('straße', 2), ('日本', 3), ('a b', 4);
INSERT INTO danish VALUES ('aa', 1, 1), ('å', 2, 2), ('z', 3, 3), ('Å', 4, 4);
INSERT INTO secondary VALUES (1, 'straße'), (2, 'tr'), (3, NULL), (4, 'x ');
/*!80000 INSERT INTO nopad VALUES ('tr', 1), ('tr ', 2), ('tr  ', 3), ('straße', 4), ('', 5), (' ', 6) */;
/*!80000 INSERT INTO turkish VALUES ('ı', 1), ('i', 2), ('straße', 3) */;

-- during
UPDATE general SET k = 'TR' WHERE k = 'tr';
UPDATE general SET k = 'trailing' WHERE k = 'trailing';
UPDATE general SET v = v + 100;
DELETE FROM general WHERE k = 'A';
INSERT INTO general VALUES ('é', 7), ('strasSE ' , 8) ON DUPLICATE KEY UPDATE v = 9;
UPDATE unicode SET k = 'TR' WHERE k = 'tr';
UPDATE unicode SET k = 'STRASSE' WHERE k = 'straße';
UPDATE unicode SET k = 'ff' WHERE k = 'ﬀ';
UPDATE unicode SET k = 'aether', v = 33 WHERE k = 'Æther';
UPDATE unicode SET k = 'trailing   ' WHERE k = 'trailing';
REPLACE INTO unicode VALUES ('straße', 22);
DELETE FROM unicode WHERE k = 'Tr';
UPDATE bin SET v = v + 10;
UPDATE bin SET k = 'tR' WHERE k = 'TR';
DELETE FROM bin WHERE k = 'tr';
UPDATE fixed SET k = 'TR' WHERE k = 'tr';
UPDATE fixed SET k = 'strasse' WHERE k = 'straße';
UPDATE danish SET k = 'AA' WHERE n IN (2, 4);
DELETE FROM danish WHERE k = 'å' AND n = 1;
BEGIN;
UPDATE secondary SET u = NULL WHERE id = 1;
UPDATE secondary SET u = 'STRASSE' WHERE id = 3;
UPDATE secondary SET u = 'TR' WHERE id = 2;
UPDATE secondary SET u = 'X' WHERE id = 4;
COMMIT;
DELETE FROM secondary WHERE u = 'straße';
INSERT INTO secondary VALUES (5, 'straSSe');
/*!80000 UPDATE nopad SET k = UPPER(k), v = v + 10 */;
/*!80000 DELETE FROM nopad WHERE k = 'tr ' */;
/*!80000 INSERT INTO nopad VALUES ('Tr    ', 20) */;
/*!80000 UPDATE turkish SET v = v + 10, k = CONCAT(UPPER(k), v) */;
/*!80000 UPDATE turkish SET k = 'STRASSE3' WHERE v = 13 */;
