-- case: XA transactions on MySQL 5.6, which logs them when they commit
-- why: they look like any other transaction there
-- versions: 5.6
-- expect: equal

-- schema
CREATE TABLE xa (id INT PRIMARY KEY, v INT);

-- before
INSERT INTO xa VALUES (1, 1);

-- during
XA START '{{db}}';
UPDATE xa SET v = 10 WHERE id = 1;
INSERT INTO xa VALUES (2, 2);
XA END '{{db}}';
XA PREPARE '{{db}}';
XA COMMIT '{{db}}';
XA START '{{db}}';
DELETE FROM xa;
XA END '{{db}}';
XA PREPARE '{{db}}';
XA ROLLBACK '{{db}}';
XA START '{{db}}';
INSERT INTO xa VALUES (3, 3);
XA END '{{db}}';
XA COMMIT '{{db}}' ONE PHASE;
