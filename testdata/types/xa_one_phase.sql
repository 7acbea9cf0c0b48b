-- case: an XA transaction that commits in one phase
-- why: it looks like the prepared kind but for one byte
-- versions: 9.7
-- expect: equal

-- schema
CREATE TABLE xa (id INT PRIMARY KEY, v INT);

-- before
INSERT INTO xa VALUES (1, 1);

-- during
INSERT INTO xa VALUES (2, 2);

INSERT INTO xa VALUES (3, 3);
XA START '{{db}}';
UPDATE xa SET v = 10 WHERE id = 1;
XA END '{{db}}';
XA COMMIT '{{db}}' ONE PHASE;
