-- case: a table changed by a copy beside it and a swap, as gh-ost and pt-online-schema-change do
-- why: the swap is two names in one statement, in the middle of writes
-- versions: 5.6, 9.7
-- expect: equal
-- not beside: a table that is renamed while it is being copied stops the link

-- schema
CREATE TABLE orders (id INT AUTO_INCREMENT PRIMARY KEY, v INT, note VARCHAR(20));

-- before
INSERT INTO orders (v, note) VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd');

-- during
CREATE TABLE _orders_gho LIKE orders;
ALTER TABLE _orders_gho ADD COLUMN added INT NOT NULL DEFAULT 0, MODIFY v BIGINT;
INSERT IGNORE INTO _orders_gho (id, v, note) SELECT id, v, note FROM orders WHERE id <= 2;
UPDATE orders SET v = 20 WHERE id = 2;
REPLACE INTO _orders_gho (id, v, note) VALUES (2, 20, 'b');
INSERT IGNORE INTO _orders_gho (id, v, note) SELECT id, v, note FROM orders WHERE id > 2;
CREATE TABLE _orders_del (id INT AUTO_INCREMENT PRIMARY KEY) COMMENT = 'magic';
DROP TABLE _orders_del;
RENAME TABLE orders TO _orders_del, _orders_gho TO orders;
INSERT INTO orders (v, note, added) VALUES (5000000000, 'e', 5);
DROP TABLE _orders_del;
CREATE TABLE _orders_new LIKE orders;
ALTER TABLE _orders_new DROP COLUMN note;
CREATE TRIGGER pt_ins AFTER INSERT ON orders FOR EACH ROW REPLACE INTO _orders_new (id, v, added) VALUES (NEW.id, NEW.v, NEW.added);
CREATE TRIGGER pt_upd AFTER UPDATE ON orders FOR EACH ROW REPLACE INTO _orders_new (id, v, added) VALUES (NEW.id, NEW.v, NEW.added);
CREATE TRIGGER pt_del AFTER DELETE ON orders FOR EACH ROW DELETE IGNORE FROM _orders_new WHERE id = OLD.id;
INSERT INTO orders (v, note) VALUES (6, 'f');
UPDATE orders SET v = v + 1 WHERE id < 3;
INSERT IGNORE INTO _orders_new (id, v, added) SELECT id, v, added FROM orders;
DELETE FROM orders WHERE id = 3;
RENAME TABLE orders TO _orders_old, _orders_new TO orders;
DROP TABLE IF EXISTS _orders_old;
DROP TRIGGER IF EXISTS pt_ins;
INSERT INTO orders (v, added) VALUES (7, 7);
