-- case: XA transactions on tables that are not replicated, and empty ones
-- why: they must not stop a stream that they do not concern
-- versions: 9.7
-- expect: equal

-- schema
CREATE DATABASE x_{{db}};
CREATE TABLE x_{{db}}.other (id INT PRIMARY KEY);
CREATE TABLE mine (id INT PRIMARY KEY);

-- during
XA START '{{db}}';
INSERT INTO x_{{db}}.other VALUES (1);
XA END '{{db}}';
XA PREPARE '{{db}}';
INSERT INTO mine VALUES (1);
XA COMMIT '{{db}}';
INSERT INTO mine VALUES (2);
XA START '{{db}}';
XA END '{{db}}';
XA PREPARE '{{db}}';
XA ROLLBACK '{{db}}';
INSERT INTO mine VALUES (3);
