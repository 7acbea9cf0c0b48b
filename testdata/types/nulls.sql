-- case: NULL in every type that takes it, there and back; tables that are and stay empty
-- why: NULL is no value of the type, and an empty table has no chunk
-- versions: 5.6, 9.7
-- expect: equal

-- schema
CREATE TABLE nulls (
  id INT PRIMARY KEY, ti TINYINT, i INT, bi BIGINT UNSIGNED, de DECIMAL(10,2), f FLOAT, d DOUBLE, b BIT(5), y YEAR, da DATE, ti6 TIME(6), dt DATETIME(3), ts TIMESTAMP NULL,
  c CHAR(5), vc VARCHAR(5), bn BINARY(5), vb VARBINARY(5), bl BLOB, tx TEXT, e ENUM('x'), s SET('x'), g GEOMETRY
);
CREATE TABLE empty_one (id INT PRIMARY KEY);
CREATE TABLE empty_keyless (a INT);
CREATE TABLE emptied (id INT PRIMARY KEY);
CREATE TABLE filled (id INT PRIMARY KEY);

-- before
INSERT INTO nulls (id) VALUES (1), (2), (3);
INSERT INTO nulls VALUES (10, 0, 0, 0, 0, 0, 0, 0, 0, '2024-01-01', '00:00:00', '2024-01-01', '2024-01-01', '', '', '', '', '', '', 'x', '', ST_GeomFromText('POINT(0 0)'));
INSERT INTO emptied VALUES (1), (2), (3);

-- during
UPDATE nulls n JOIN (SELECT * FROM nulls WHERE id = 10) o SET n.ti=o.ti, n.i=o.i, n.bi=o.bi, n.de=o.de, n.f=o.f, n.d=o.d, n.b=o.b, n.y=o.y, n.da=o.da, n.ti6=o.ti6, n.dt=o.dt, n.ts=o.ts, n.c=o.c, n.vc=o.vc, n.bn=o.bn, n.vb=o.vb, n.bl=o.bl, n.tx=o.tx, n.e=o.e, n.s=o.s, n.g=o.g WHERE n.id = 1;
UPDATE nulls SET ti=NULL, i=NULL, bi=NULL, de=NULL, f=NULL, d=NULL, b=NULL, y=NULL, da=NULL, ti6=NULL, dt=NULL, ts=NULL, c=NULL, vc=NULL, bn=NULL, vb=NULL, bl=NULL, tx=NULL, e=NULL, s=NULL, g=NULL WHERE id = 10;
INSERT INTO nulls (id, vc) VALUES (4, ''), (5, NULL);
DELETE FROM nulls WHERE id = 2;
DELETE FROM emptied;
INSERT INTO filled VALUES (1), (2);
