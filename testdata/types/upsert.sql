-- case: REPLACE, INSERT IGNORE, ON DUPLICATE KEY UPDATE, UPDATE and DELETE over several tables
-- why: one statement inserts, updates and deletes, in an order of its own
-- versions: 5.6, 9.7
-- expect: equal

-- schema
CREATE TABLE u (id INT AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(20), n INT DEFAULT 0, UNIQUE KEY (a), UNIQUE KEY (b));
CREATE TABLE l (id INT PRIMARY KEY, v INT);
CREATE TABLE r (id INT PRIMARY KEY, l_id INT, v INT, KEY (l_id));

-- before
INSERT INTO u (id, a, b) VALUES (1, 1, 'one'), (2, 2, 'two'), (3, 3, 'three'), (4, NULL, NULL);
INSERT INTO l VALUES (1, 1), (2, 2), (3, 3), (4, 4);
INSERT INTO r VALUES (10, 1, 1), (11, 1, 2), (20, 2, 3), (30, 3, 4), (90, 9, 9);

-- during
INSERT INTO u (a, b) VALUES (1, 'uno') ON DUPLICATE KEY UPDATE n = n + 1, b = VALUES(b);
INSERT INTO u (id, a, b) VALUES (1, 2, 'x') ON DUPLICATE KEY UPDATE n = n + 1;
INSERT INTO u (a, b) VALUES (5, 'five'), (2, 'five'), (6, 'six') ON DUPLICATE KEY UPDATE n = n + 10;
REPLACE INTO u (a, b) VALUES (2, 'three');
REPLACE INTO u (id, a, b) VALUES (1, 5, 'uno');
INSERT IGNORE INTO u (a, b) VALUES (6, 'six'), (7, 'seven'), (7, 'other');
REPLACE INTO u SELECT id, a, b, n + 100 FROM u AS old ORDER BY id;
INSERT INTO u (id, a, b) VALUES (4, 40, 'forty') ON DUPLICATE KEY UPDATE id = 400, a = 41;
UPDATE l JOIN r ON r.l_id = l.id SET l.v = l.v + 100, r.v = r.v + 1000 WHERE l.id < 3;
DELETE l, r FROM l LEFT JOIN r ON r.l_id = l.id WHERE l.id IN (2, 4);
DELETE FROM r USING r LEFT JOIN l ON l.id = r.l_id WHERE l.id IS NULL;
UPDATE l, r SET l.id = l.id + 10, r.l_id = r.l_id + 10 WHERE r.l_id = l.id;
UPDATE IGNORE u SET a = 6;
INSERT INTO l VALUES (1, 1), (2, 2) ON DUPLICATE KEY UPDATE v = v;
