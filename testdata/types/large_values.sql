-- case: values of 30 MB and rows over 16 MB
-- why: they span many packets, and as hex they are larger than any packet
-- versions: 5.6, 9.7
-- expect: equal

-- schema
CREATE TABLE large (id INT PRIMARY KEY, b LONGBLOB, t LONGTEXT);

-- before
INSERT INTO large VALUES (1, REPEAT(X'00FF275C', 7500000), 'small'), (2, 'small', REPEAT('日本', 1500000)), (3, REPEAT(X'5C', 17000000), '');

-- during
INSERT INTO large VALUES (4, REPEAT('abcdefghij', 1700000), REPEAT('x', 17000000));
UPDATE large SET t = 'changed' WHERE id IN (1, 2);
UPDATE large SET b = CONCAT(b, 'x') WHERE id = 1;
DELETE FROM large WHERE id = 3;
