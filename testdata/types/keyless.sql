-- case: tables without a key: twins, NULLs, a unique key that may be NULL
-- why: a DELETE of one twin removes them all, NULL equals nothing
-- versions: 5.6, 9.7
-- expect: equal

-- schema
CREATE TABLE twins (a INT, b VARCHAR(20), c DATETIME(6), d DECIMAL(10,2));
CREATE TABLE nullable_unique (a INT, b INT, UNIQUE KEY (a));
CREATE TABLE ledger (writer INT NOT NULL, n INT NOT NULL, amount DECIMAL(12,2), note TEXT, KEY (writer));
CREATE TABLE one_column (a INT);
CREATE TABLE all_null (a INT, b TEXT, c BLOB, d FLOAT, e DATE);
CREATE TABLE prefix_unique (t VARCHAR(100) NOT NULL, v INT, UNIQUE KEY (t(5)));

-- before
INSERT INTO twins VALUES (1, 'x', '2024-01-01', 1.5), (1, 'x', '2024-01-01', 1.5), (1, 'X', '2024-01-01', 1.5), (1, 'x ', '2024-01-01', 1.5), (NULL, NULL, NULL, NULL), (NULL, NULL, NULL, NULL), (2, '', NULL, 0), (2, NULL, NULL, 0);
INSERT INTO nullable_unique VALUES (1, 1), (2, 2), (NULL, 3), (NULL, 3), (NULL, NULL);
INSERT INTO ledger VALUES (1, 1, 1.00, 'a'), (1, 2, 2.00, 'b'), (2, 1, 1.00, 'a'), (2, 1, 1.00, 'a');
INSERT INTO one_column VALUES (1), (1), (1), (NULL), (NULL), (0);
INSERT INTO all_null VALUES (NULL, NULL, NULL, NULL, NULL), (NULL, NULL, NULL, NULL, NULL), (1, '', '', 0, NULL);
INSERT INTO prefix_unique VALUES ('abcdefgh', 1), ('abcdxxxx', 2), ('zzzzz', 3);

-- during
DELETE FROM twins WHERE b = 'x' LIMIT 1;
DELETE FROM twins WHERE BINARY b = 'x ' LIMIT 1;
UPDATE twins SET d = 2.5 WHERE BINARY b = 'X' LIMIT 1;
UPDATE twins SET a = 9 WHERE a IS NULL LIMIT 1;
DELETE FROM twins WHERE a = 2 AND b IS NULL;
INSERT INTO twins VALUES (1, 'x', '2024-01-01', 1.5), (1, 'x', '2024-01-01 00:00:00.000001', 1.5);
UPDATE nullable_unique SET b = 4 WHERE a IS NULL AND b = 3 LIMIT 1;
UPDATE nullable_unique SET a = NULL WHERE a = 1;
UPDATE nullable_unique SET a = 1 WHERE b = 2;
DELETE FROM nullable_unique WHERE b IS NULL;
INSERT INTO nullable_unique VALUES (2, 5), (NULL, 3);
INSERT INTO ledger VALUES (3, 1, 3.00, NULL), (3, 1, 3.00, NULL), (3, 1, 3.00, '');
DELETE FROM ledger WHERE writer = 2 LIMIT 1;
DELETE FROM ledger WHERE writer = 3 AND note IS NULL LIMIT 1;
UPDATE ledger SET n = n + 1 WHERE writer = 1;
DELETE FROM one_column WHERE a = 1 LIMIT 2;
DELETE FROM one_column WHERE a IS NULL LIMIT 1;
UPDATE one_column SET a = NULL WHERE a = 0;
DELETE FROM all_null WHERE a IS NULL LIMIT 1;
UPDATE all_null SET b = NULL, c = NULL WHERE a = 1;
UPDATE prefix_unique SET t = 'abcdefzz' WHERE v = 1;
UPDATE prefix_unique SET t = 'ABCDE' WHERE v = 1;
DELETE FROM prefix_unique WHERE v = 2;
INSERT INTO prefix_unique VALUES ('abcdxyyy', 4);
