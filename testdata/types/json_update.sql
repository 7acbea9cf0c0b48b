-- case: JSON changed by functions, in tables with and without a key, with indexes over it
-- why: rows without a key are found by all their values, a JSON value among them
-- versions: 9.7
-- expect: equal

-- schema
CREATE TABLE keyed (id INT PRIMARY KEY, j JSON, price DECIMAL(10,2) AS (JSON_EXTRACT(j, '$.price')), KEY (price));
CREATE TABLE keyless (n INT, j JSON);
CREATE TABLE tags (id INT PRIMARY KEY, j JSON, KEY multi ((CAST(j->'$.tags' AS UNSIGNED ARRAY))));
CREATE TABLE with_default (id INT PRIMARY KEY, j JSON DEFAULT (JSON_ARRAY(1, 1.0e0, 'x')));

-- before
INSERT INTO keyed (id, j) VALUES (1, '{"price": 1.5}'), (2, '{"price": 2, "x": [1, 2, 3]}'), (3, NULL), (4, '{}');
INSERT INTO keyless VALUES (1, '{"a": 1}'), (1, '{"a": 1}'), (1, '{"a": 1.0}'), (2, NULL), (3, '[1, "1", true]'), (4, CAST(1.10 AS JSON));
INSERT INTO tags VALUES (1, '{"tags": [1, 2, 3]}'), (2, '{"tags": []}'), (3, '{}');
INSERT INTO with_default (id) VALUES (1);

-- during
UPDATE keyed SET j = JSON_SET(j, '$.price', 9.99, '$.new', JSON_ARRAY(1.0e0)) WHERE id IN (1, 4);
UPDATE keyed SET j = JSON_REPLACE(j, '$.x[1]', 'two', '$.price', 3) WHERE id = 2;
UPDATE keyed SET j = JSON_REMOVE(j, '$.x') WHERE id = 2;
UPDATE keyed SET j = JSON_MERGE_PATCH('{"a": 1}', '{"b": 2.0}') WHERE id = 3;
UPDATE keyless SET n = 10 WHERE JSON_TYPE(j->'$.a') = 'INTEGER' LIMIT 1;
UPDATE keyless SET j = JSON_SET(j, '$.a', 2) WHERE n = 10;
DELETE FROM keyless WHERE n = 1 LIMIT 1;
DELETE FROM keyless WHERE n = 2;
UPDATE keyless SET n = 40 WHERE n = 4;
INSERT INTO keyless VALUES (5, '{"b": 1, "a": 2}'), (5, '{"a": 2, "b": 1}');
DELETE FROM keyless WHERE n = 5 LIMIT 1;
UPDATE tags SET j = JSON_ARRAY_APPEND(j, '$.tags', 4) WHERE id < 3;
DELETE FROM tags WHERE 3 MEMBER OF (j->'$.tags');
INSERT INTO with_default (id) VALUES (2);
