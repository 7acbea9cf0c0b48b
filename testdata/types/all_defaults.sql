-- case: rows of nothing but defaults, with full images
-- why: defaults must come from the image, not from the target's own rules
-- versions: 5.6, 9.7
-- expect: equal

-- schema
CREATE TABLE defaults (id INT AUTO_INCREMENT PRIMARY KEY, a INT DEFAULT 5, s VARCHAR(20) DEFAULT 'it''s \\ \n', d DATETIME(6) DEFAULT CURRENT_TIMESTAMP(6), e ENUM('a','b') NOT NULL DEFAULT 'b', b BIT(3) DEFAULT b'101', t TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, z DECIMAL(5,2) NOT NULL DEFAULT '1.50');
/*!80013 CREATE TABLE expressions (id INT AUTO_INCREMENT PRIMARY KEY, u BINARY(16) DEFAULT (UUID_TO_BIN(UUID())), r DOUBLE DEFAULT (RAND()), j JSON DEFAULT (JSON_OBJECT('a', 1.0e0))) */;

-- before
INSERT INTO defaults () VALUES (), (), ();

-- during
INSERT INTO defaults () VALUES (), ();
UPDATE defaults SET a = DEFAULT, s = DEFAULT WHERE id < 3;
/*!80013 INSERT INTO expressions () VALUES (), () */;
INSERT INTO defaults (s) VALUES (DEFAULT), (NULL);
DELETE FROM defaults WHERE id = 4;
