-- case: an XA transaction that is rolled back
-- why: applied at PREPARE, rows arrive that never were
-- versions: 9.7
-- expect: refused at event: XA

-- schema
CREATE TABLE xa (id INT PRIMARY KEY, v INT);

-- before
INSERT INTO xa VALUES (1, 1);

-- during
INSERT INTO xa VALUES (2, 2);

-- refused
XA START '{{db}}';
UPDATE xa SET v = 10 WHERE id = 1;
XA END '{{db}}';
XA PREPARE '{{db}}';
XA ROLLBACK '{{db}}';
