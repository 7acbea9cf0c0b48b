-- case: a MyISAM table that is created while the stream runs
-- why: what was checked before the start holds no longer
-- versions: 5.6, 9.7
-- expect: refused at event: MyISAM

-- schema
CREATE TABLE fine (id INT PRIMARY KEY);

-- before
INSERT INTO fine VALUES (1);

-- during
INSERT INTO fine VALUES (2);

-- refused
CREATE TABLE old_engine (id INT PRIMARY KEY, v INT) ENGINE=MyISAM;
INSERT INTO old_engine VALUES (1, 1);
