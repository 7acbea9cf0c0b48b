-- case: GEOMETRY of every shape, with a spatial index
-- why: a copy by text swaps the axes of geographic systems
-- versions: 5.6, 9.7
-- expect: equal

-- schema
CREATE TABLE shapes (id INT PRIMARY KEY, g GEOMETRY, p POINT, l LINESTRING, a POLYGON, mp MULTIPOINT, ml MULTILINESTRING, ma MULTIPOLYGON, c GEOMETRYCOLLECTION);
CREATE TABLE places (id INT PRIMARY KEY, at POINT NOT NULL) ENGINE=InnoDB;
/*!80000 ALTER TABLE places MODIFY at POINT NOT NULL SRID 4326, ADD SPATIAL INDEX (at) */;

-- before
INSERT INTO shapes VALUES
  (1, ST_GeomFromText('POINT(10 20)'), ST_GeomFromText('POINT(-0.5 1e300)'), ST_GeomFromText('LINESTRING(0 0,1 1,2 0)'), ST_GeomFromText('POLYGON((0 0,10 0,10 10,0 10,0 0),(1 1,2 1,2 2,1 1))'),
   ST_GeomFromText('MULTIPOINT(1 1,2 2)'), ST_GeomFromText('MULTILINESTRING((0 0,1 1),(2 2,3 3))'), ST_GeomFromText('MULTIPOLYGON(((0 0,1 0,1 1,0 0)),((5 5,6 5,6 6,5 5)))'), ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 1))')),
  (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
/*!80000 INSERT INTO shapes (id, g, p) VALUES (3, ST_GeomFromText('POINT(10 20)', 4326), ST_GeomFromText('POINT(10 20)', 3857)) */;
/*!80000 INSERT INTO places VALUES (1, ST_GeomFromText('POINT(35.68 139.76)', 4326)), (2, ST_GeomFromText('POINT(-90 180)', 4326)) */;

-- during
UPDATE shapes SET p = ST_GeomFromText('POINT(0.1 0.2)') WHERE id = 1;
DELETE FROM shapes WHERE id = 2;
INSERT INTO shapes (id, g) VALUES (4, ST_GeomFromText('POINT(1 2)')), (5, ST_GeomFromText('LINESTRING(1 2,3 4)'));
UPDATE shapes SET g = p, p = NULL WHERE id IN (1, 3);
/*!80000 INSERT INTO shapes (id, g) VALUES (6, ST_GeomFromText('POLYGON((0 0,0 1,1 1,0 0))', 4326)) */;
/*!80000 INSERT INTO places VALUES (3, ST_GeomFromText('POINT(34.69 135.50)', 4326)) */;
/*!80000 UPDATE places SET at = ST_GeomFromText('POINT(1 2)', 4326) WHERE id = 2 */;
/*!80000 DELETE FROM places WHERE id = 1 */;
