-- case: names with spaces, quotes, back-ticks, dots, unicode, reserved words, percent signs
-- why: a name that is not quoted, or quoted twice, is another name
-- versions: 5.6, 9.7
-- expect: equal

-- schema
CREATE DATABASE `{{db}} odd-name.1%`;
CREATE TABLE `{{db}} odd-name.1%`.`t` (id INT PRIMARY KEY, v INT);
CREATE TABLE `select` (`from` INT PRIMARY KEY, `where` INT, `order by` INT, `group` INT, KEY `key` (`where`), UNIQUE KEY `unique key` (`order by`));
CREATE TABLE `with ``tick``` (`a``b` INT PRIMARY KEY, `c"d` INT, `e'f` INT, `g\h` INT, `per%cent_` INT);
CREATE TABLE `dots.and spaces` (` id` INT PRIMARY KEY, `a.b` INT, `$x` INT, `1` INT, `*` INT, `?` INT, `:name` INT, `@v` INT);
CREATE TABLE `日本語テーブル` (`番号` INT PRIMARY KEY, `名前` VARCHAR(20), `é` INT);
CREATE TABLE `'quoted'` (`id` INT PRIMARY KEY, `"` INT, `\\` INT, `;` INT, `--` INT, `/*` INT);
CREATE TABLE `123` (`456` INT PRIMARY KEY);
CREATE TABLE MixedCase (Id INT PRIMARY KEY, CamelCase INT);
CREATE TABLE `a_name_that_is_sixty_four_characters_long_which_is_the_very_end_` (`a_column_that_is_sixty_four_characters_long_which_is_a_limit_too` INT PRIMARY KEY);

-- before
INSERT INTO `{{db}} odd-name.1%`.`t` VALUES (1, 1), (2, 2);
INSERT INTO `select` VALUES (1, 1, 1, 1), (2, 2, 2, 2);
INSERT INTO `with ``tick``` VALUES (1, 1, 1, 1, 1), (2, 2, 2, 2, 2);
INSERT INTO `dots.and spaces` VALUES (1, 1, 1, 1, 1, 1, 1, 1);
INSERT INTO `日本語テーブル` VALUES (1, '山田', 1), (2, '鈴木', 2);
INSERT INTO `'quoted'` VALUES (1, 1, 1, 1, 1, 1);
INSERT INTO `123` VALUES (1);
INSERT INTO MixedCase VALUES (1, 1);
INSERT INTO `a_name_that_is_sixty_four_characters_long_which_is_the_very_end_` VALUES (1);

-- during
UPDATE `{{db}} odd-name.1%`.`t` SET v = v + 1;
INSERT INTO `{{db}} odd-name.1%`.`t` VALUES (3, 3);
UPDATE `select` SET `order by` = 10, `where` = 0 WHERE `from` = 1;
DELETE FROM `select` WHERE `from` = 2;
UPDATE `with ``tick``` SET `a``b` = 3, `per%cent_` = 9 WHERE `a``b` = 1;
UPDATE `dots.and spaces` SET `?` = 5, `*` = 6;
INSERT INTO `dots.and spaces` VALUES (2, 2, 2, 2, 2, 2, 2, 2);
UPDATE `日本語テーブル` SET `名前` = '佐藤' WHERE `番号` = 1;
UPDATE `'quoted'` SET `"` = 7, `;` = 8, `/*` = 9;
INSERT INTO `123` VALUES (2);
UPDATE MixedCase SET CamelCase = 2;
DELETE FROM `a_name_that_is_sixty_four_characters_long_which_is_the_very_end_`;
CREATE TABLE `new ``odd`` table` (`select` INT PRIMARY KEY, `日本` INT);
INSERT INTO `new ``odd`` table` VALUES (1, 1);
ALTER TABLE `new ``odd`` table` ADD COLUMN `x``y` INT DEFAULT 5;
INSERT INTO `new ``odd`` table` VALUES (2, 2, 2);
INSERT INTO `123` VALUES (3);
