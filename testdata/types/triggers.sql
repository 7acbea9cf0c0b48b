-- case: triggers on the source, whose effects are in the binlog already
-- why: a trigger that is created on the target, too, fires a second time
-- versions: 5.6, 9.7
-- expect: equal

-- schema
CREATE TABLE watched (id INT PRIMARY KEY, v INT, touched INT DEFAULT 0);
CREATE TABLE audit (id INT AUTO_INCREMENT PRIMARY KEY, what VARCHAR(20), row_id INT, UNIQUE KEY (what, row_id, id));
CREATE TABLE totals (k INT PRIMARY KEY, n INT);
CREATE TRIGGER watched_insert BEFORE INSERT ON watched FOR EACH ROW SET NEW.touched = NEW.touched + 1;
CREATE TRIGGER watched_inserted AFTER INSERT ON watched FOR EACH ROW INSERT INTO audit (what, row_id) VALUES ('insert', NEW.id);
CREATE TRIGGER watched_update BEFORE UPDATE ON watched FOR EACH ROW SET NEW.touched = OLD.touched + 1;
CREATE TRIGGER watched_delete AFTER DELETE ON watched FOR EACH ROW UPDATE totals SET n = n + 1 WHERE k = 1;

-- before
INSERT INTO totals VALUES (1, 0);
INSERT INTO watched (id, v) VALUES (1, 1), (2, 2), (3, 3);

-- during
INSERT INTO watched (id, v) VALUES (4, 4), (5, 5);
UPDATE watched SET v = v + 1 WHERE id < 3;
DELETE FROM watched WHERE id IN (3, 5);
CREATE TRIGGER watched_later AFTER UPDATE ON watched FOR EACH ROW INSERT INTO audit (what, row_id) VALUES ('update', NEW.id);
UPDATE watched SET v = 0;
DROP TRIGGER watched_later;
INSERT INTO watched (id, v) VALUES (6, 6);
