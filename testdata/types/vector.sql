-- case: VECTOR columns
-- why: raw floats, the column is wider than any one value in it
-- versions: 9.7
-- expect: equal

-- schema
CREATE TABLE vectors (id INT PRIMARY KEY, v VECTOR(3), w VECTOR, big VECTOR(16383));

-- before
INSERT INTO vectors VALUES
  (1, TO_VECTOR('[1,2,3]'), TO_VECTOR('[0.1]'), NULL),
  (2, TO_VECTOR('[-0.0,1e-37,3.4e38]'), TO_VECTOR('[1,2,3,4,5,6,7,8]'), TO_VECTOR(CONCAT('[', REPEAT('0.25,', 16382), '1]'))),
  (3, NULL, NULL, NULL);

-- during
INSERT INTO vectors VALUES (4, TO_VECTOR('[9,8,7]'), TO_VECTOR('[0.3,0.1]'), TO_VECTOR(CONCAT('[', REPEAT('-1.5,', 10000), '1]')));
UPDATE vectors SET v = TO_VECTOR('[0.1,0.2,0.3]') WHERE id IN (1, 3);
UPDATE vectors SET w = NULL, big = NULL WHERE id = 2;
DELETE FROM vectors WHERE id = 1;
