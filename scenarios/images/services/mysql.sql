-- sysbench's table, filled by the server itself: the same 10 000 rows every time.
CREATE DATABASE sbtest;
USE sbtest;
CREATE TABLE sbtest1 (
    id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    k INT NOT NULL DEFAULT 0,
    c CHAR(120) NOT NULL DEFAULT '',
    pad CHAR(60) NOT NULL DEFAULT '',
    KEY k_1 (k)
) ENGINE = InnoDB;
SET rand_seed1 = 1, rand_seed2 = 2;
INSERT INTO sbtest1
    SELECT seq, 1 + FLOOR(10000 * RAND()), LEFT(CONCAT(SHA2(seq, 512), SHA2(-seq, 512)), 119), LEFT(SHA2(seq, 256), 59)
    FROM seq_1_to_10000;
CREATE USER sbtest;
GRANT SELECT, INSERT, UPDATE, DELETE ON sbtest.* TO sbtest;
