-- case: a MyISAM table
-- why: its changes can not be rolled back, so neither copy nor stream can be exact
-- versions: 5.6, 9.7
-- expect: refused at start: MyISAM

-- schema
CREATE TABLE old_engine (id INT PRIMARY KEY, v INT) ENGINE=MyISAM;

-- before
INSERT INTO old_engine VALUES (1, 1);
