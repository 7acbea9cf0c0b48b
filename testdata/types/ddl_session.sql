-- case: DDL that depends on its session: sql_mode, character sets, time zone, quotes, default database
-- why: the same text means another table in another session
-- versions: 5.6, 9.7
-- expect: equal

-- schema
CREATE DATABASE {{db}}_b;
CREATE TABLE here (id INT PRIMARY KEY, v INT);

-- before
INSERT INTO here VALUES (1, 1);

-- during
SET SESSION sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT';
CREATE TABLE "ansi ""quoted""" ("id" INT PRIMARY KEY, "select" VARCHAR(10) DEFAULT 'x');
INSERT INTO "ansi ""quoted""" ("id") VALUES (1);
SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES';
CREATE TABLE backslashes (id INT PRIMARY KEY, v VARCHAR(20) DEFAULT '\n\', w ENUM('a\', 'b') DEFAULT 'a\');
INSERT INTO backslashes (id) VALUES (1);
SET SESSION sql_mode = 'ALLOW_INVALID_DATES';
CREATE TABLE invalid_dates (id INT PRIMARY KEY, d DATE NOT NULL DEFAULT '2024-02-31', z DATETIME NOT NULL DEFAULT '0000-00-00 00:00:00');
INSERT INTO invalid_dates (id) VALUES (1);
SET SESSION sql_mode = '', time_zone = '+09:00';
CREATE TABLE zoned (id INT PRIMARY KEY, t TIMESTAMP NOT NULL DEFAULT '2024-01-01 09:00:00');
INSERT INTO zoned (id) VALUES (1);
ALTER TABLE zoned ADD COLUMN u TIMESTAMP NOT NULL DEFAULT '2024-06-01 09:00:00', ADD COLUMN now_then TIMESTAMP NULL DEFAULT '2024-01-02 00:00:00';
INSERT INTO zoned (id) VALUES (2);
SET SESSION time_zone = '+00:00';
SET SESSION sql_mode = '';
SET NAMES latin1;
CREATE TABLE from_latin (id INT PRIMARY KEY, v VARCHAR(20) CHARACTER SET utf8mb4 DEFAULT 'Ã©') COMMENT 'Ã¼';
INSERT INTO from_latin (id) VALUES (1);
SET NAMES utf8mb4;
USE {{db}}_b;
CREATE TABLE over_there (id INT PRIMARY KEY);
INSERT INTO over_there VALUES (1);
INSERT INTO {{db}}.here VALUES (2, 2);
ALTER TABLE {{db}}.here ADD COLUMN w INT DEFAULT 3;
INSERT INTO {{db}}.here VALUES (3, 3, 3);
RENAME TABLE over_there TO {{db}}.over_here;
INSERT INTO {{db}}.over_here VALUES (2);
USE {{db}};
SET SESSION foreign_key_checks = 0;
CREATE TABLE orphan (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES not_yet (id));
INSERT INTO orphan VALUES (1, 1);
CREATE TABLE not_yet (id INT PRIMARY KEY);
SET SESSION foreign_key_checks = 1;
INSERT INTO not_yet VALUES (5);
INSERT INTO orphan VALUES (2, 5);
/* a comment */ CREATE /* inside */ TABLE /*! IF NOT EXISTS */ commented_ddl (id INT /* x */ PRIMARY KEY) -- tail
;
INSERT INTO commented_ddl VALUES (1);
