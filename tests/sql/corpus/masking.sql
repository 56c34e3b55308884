-- case: md5
SELECT md5(email) AS e FROM users;
-- users.email -> e : TRANSFORMATION masked

-- case: md5 in capitals of a lowered value
SELECT upper(md5(lower(email))) AS e FROM users;
-- users.email -> e : TRANSFORMATION masked

-- case: sha1 | mysql
SELECT SHA1(email) AS e FROM users;
-- users.email -> e : TRANSFORMATION masked

-- case: sha2 | mysql
SELECT SHA2(email, 256) AS e FROM users;
-- users.email -> e : TRANSFORMATION masked

-- case: sha2 of Spark | spark
SELECT sha2(email, 256) AS e, xxhash64(name) AS n FROM users;
-- users.email -> e : TRANSFORMATION masked
-- users.name -> n : TRANSFORMATION masked

-- case: sha256 | duckdb
SELECT sha256(email) AS e FROM users;
-- users.email -> e : TRANSFORMATION masked

-- case: hash | duckdb
SELECT hash(email) AS e FROM users;
-- users.email -> e : TRANSFORMATION masked

-- case: sha256 of BigQuery | bigquery
SELECT TO_HEX(SHA256(email)) AS e, FARM_FINGERPRINT(name) AS n FROM users;
-- users.email -> e : TRANSFORMATION masked
-- users.name -> n : TRANSFORMATION masked

-- case: sha2 of Snowflake | snowflake
SELECT SHA2(email) AS e, HASH(name) AS n FROM users;
-- USERS.EMAIL -> E : TRANSFORMATION masked
-- USERS.NAME -> N : TRANSFORMATION masked

-- case: hashbytes | tsql
SELECT HASHBYTES('SHA2_256', email) AS e FROM users;
-- users.email -> e : TRANSFORMATION masked

-- case: sha256 of PostgreSQL | postgres
SELECT encode(sha256(email::bytea), 'hex') AS e FROM users;
-- users.email -> e : TRANSFORMATION masked

-- case: digest of pgcrypto | postgres
SELECT digest(email, 'sha256') AS e FROM users;
-- users.email -> e : TRANSFORMATION masked

-- case: mask | hive
SELECT mask(email) AS e, mask_hash(name) AS n FROM users;
-- users.email -> e : TRANSFORMATION masked
-- users.name -> n : TRANSFORMATION masked

-- case: mask of Spark | spark
SELECT mask(email, 'X', 'x') AS e FROM users;
-- users.email -> e : TRANSFORMATION masked

-- case: sha256 of Trino | trino
SELECT to_hex(sha256(to_utf8(email))) AS e FROM users;
-- users.email -> e : TRANSFORMATION masked

-- case: beside the clear value
SELECT email, md5(email) AS e FROM users;
-- users.email -> email : IDENTITY
-- users.email -> e : TRANSFORMATION masked

-- case: mixed with the clear value is not masked
SELECT md5(email) || email AS e FROM users;
-- users.email -> e : TRANSFORMATION

-- case: masked for some only is not masked
SELECT CASE WHEN age > 17 THEN email ELSE md5(email) END AS e FROM users;
-- users.email -> e : TRANSFORMATION
-- users.age -> e : CONDITIONAL

-- case: masked in a CTE
WITH x AS (SELECT id, md5(email) AS e FROM users) SELECT lower(e) AS e FROM x;
-- users.email -> e : TRANSFORMATION masked

-- case: masked and counted
SELECT count(DISTINCT md5(email)) AS n FROM users;
-- users.email -> n : AGGREGATION masked

-- case: an aggregate, then masked
SELECT md5(max(email)) AS e FROM users;
-- users.email -> e : AGGREGATION masked

-- case: cut off is not masked
SELECT substr(email, 1, 3) AS e, replace(name, 'a', '*') AS n FROM users;
-- users.email -> e : TRANSFORMATION
-- users.name -> n : TRANSFORMATION

-- case: salted with another column
SELECT md5(email || name) AS e FROM users;
-- users.{email,name} -> e : TRANSFORMATION masked

-- case: masked for one branch of a union
SELECT md5(email) AS e FROM users UNION ALL SELECT email FROM contacts;
-- users.email -> e : TRANSFORMATION masked
-- contacts.email -> e : IDENTITY

-- case: masked into a table
INSERT INTO log (id, message) SELECT id, md5(email) FROM users;
-- users.id -> log.id : IDENTITY
-- users.email -> log.message : TRANSFORMATION masked

-- case: masked in a condition
SELECT name FROM users WHERE md5(email) = 'x';
-- users.name -> = : IDENTITY
-- users.email -> * : FILTER

-- case: masked in a join's key only
SELECT u.name, l.id FROM users u JOIN log l ON l.message = md5(u.email);
-- users.name -> = : IDENTITY
-- log.id -> id : IDENTITY
-- users.email, log.message -> * : JOIN

-- case: masked through two CTEs and an aggregate
WITH a AS (SELECT country, sha256(email) AS h FROM users), b AS (SELECT country, h FROM a) SELECT country, count(DISTINCT h) AS n FROM b GROUP BY country;
-- users.country -> = : IDENTITY
-- users.email -> n : AGGREGATION masked
-- users.country -> * : GROUP_BY

-- case: masked in a merge | snowflake
MERGE INTO copies c USING users u ON u.id = c.id WHEN MATCHED THEN UPDATE SET email = SHA2(u.email, 256);
-- USERS.EMAIL -> COPIES.EMAIL : TRANSFORMATION masked
-- USERS.ID, COPIES.ID -> COPIES.* : FILTER

-- case: hidden behind a constant
SELECT CASE WHEN email IS NULL THEN '-' ELSE '***' END AS e FROM users;
-- users.email -> e : CONDITIONAL

-- case: coalesced, then masked
SELECT md5(coalesce(email, name)) AS e FROM users;
-- users.{email,name} -> e : TRANSFORMATION masked
-- users.email -> e : CONDITIONAL
