-- case: values
INSERT INTO log (id, message) VALUES (1, 'x'), (2, 'y');

-- case: values with a subquery
INSERT INTO log (id, message) VALUES (1, (SELECT max(email) FROM users WHERE age > 3));
-- users.email -> log.message : AGGREGATION
-- users.age -> log.message : FILTER

-- case: select with names
INSERT INTO log (id, message) SELECT id, email FROM users WHERE age > 17;
-- users.id -> log.id : IDENTITY
-- users.email -> log.message : IDENTITY
-- users.age -> log.* : FILTER

-- case: select by position
INSERT INTO log SELECT id, email FROM users;
-- users.id -> log.id : IDENTITY
-- users.email -> log.message : IDENTITY

-- case: names in another order
INSERT INTO log (message, id) SELECT email, id FROM users;
-- users.email -> log.message : IDENTITY
-- users.id -> log.id : IDENTITY

-- case: the aliases of the select mean nothing
INSERT INTO log (id, message) SELECT id AS message, email AS id FROM users;
-- users.id -> log.id : IDENTITY
-- users.email -> log.message : IDENTITY

-- case: all columns
INSERT INTO archive SELECT * FROM contacts;
-- contacts.{id,email,phone} -> archive.= : IDENTITY

-- case: all columns of a file | duckdb
INSERT INTO log SELECT id, message FROM read_parquet('new.parquet');
-- "file:new.parquet".{id,message} -> log.= : IDENTITY

-- case: fewer columns than the table has
INSERT INTO archive (id, email) SELECT id, email FROM contacts;
-- contacts.{id,email} -> archive.= : IDENTITY

-- case: from a join and grouped
INSERT INTO totals (user_id, total) SELECT u.id, sum(o.total) FROM users u JOIN orders o ON o.user_id = u.id GROUP BY u.id;
-- users.id -> totals.user_id : IDENTITY
-- orders.total -> totals.total : AGGREGATION
-- users.id, orders.user_id -> totals.* : JOIN
-- users.id -> totals.* : GROUP_BY

-- case: from a union
INSERT INTO log (id, message) SELECT id, email FROM users UNION ALL SELECT id, phone FROM contacts;
-- users.id, contacts.id -> log.id : IDENTITY
-- users.email, contacts.phone -> log.message : IDENTITY

-- case: with a CTE before | postgres
WITH x AS (SELECT id, email FROM users WHERE age > 3) INSERT INTO log (id, message) SELECT id, email FROM x;
-- users.id -> log.id : IDENTITY
-- users.email -> log.message : IDENTITY
-- users.age -> log.* : FILTER

-- case: with a CTE inside
INSERT INTO log (id, message) WITH x AS (SELECT id, email FROM users) SELECT id, upper(email) FROM x;
-- users.id -> log.id : IDENTITY
-- users.email -> log.message : TRANSFORMATION

-- case: into the table that is read
INSERT INTO log (id, message) SELECT id + 1, message FROM log WHERE id < 5;
-- log.id -> log.id : TRANSFORMATION
-- log.message -> log.message : IDENTITY
-- log.id -> log.* : FILTER

-- case: returning | postgres
INSERT INTO log (id, message) SELECT id, email FROM users RETURNING id;
-- users.id -> log.id : IDENTITY
-- users.email -> log.message : IDENTITY
-- log.id -> id : IDENTITY

-- case: default values
INSERT INTO log DEFAULT VALUES;

-- case: overwrite | spark
INSERT OVERWRITE TABLE totals SELECT user_id, sum(total) FROM orders GROUP BY user_id;
-- orders.user_id -> totals.user_id : IDENTITY
-- orders.total -> totals.total : AGGREGATION
-- orders.user_id -> totals.* : GROUP_BY

-- case: overwrite a partition | hive
INSERT OVERWRITE TABLE log PARTITION (day = '2024-01-01') SELECT id, email FROM users;
-- users.id -> log.id : IDENTITY
-- users.email -> log.message : IDENTITY

-- case: insert ignore | mysql
INSERT IGNORE INTO log (id, message) SELECT id, email FROM users;
-- users.id -> log.id : IDENTITY
-- users.email -> log.message : IDENTITY

-- case: insert set | mysql
INSERT INTO log SET id = 1, message = 'x';

-- case: replace into | mysql
REPLACE INTO log (id, message) SELECT id, email FROM users;
-- users.id -> log.id : IDENTITY
-- users.email -> log.message : IDENTITY

-- case: insert or replace | sqlite
INSERT OR REPLACE INTO log (id, message) SELECT id, email FROM users;
-- users.id -> log.id : IDENTITY
-- users.email -> log.message : IDENTITY

-- case: insert by name | duckdb
INSERT INTO log BY NAME SELECT email AS message, id FROM users;
-- users.email -> log.message : IDENTITY
-- users.id -> log.id : IDENTITY

-- case: without INTO | bigquery
INSERT log (id, message) SELECT id, email FROM users;
-- users.id -> log.id : IDENTITY
-- users.email -> log.message : IDENTITY

-- case: into several tables | snowflake
INSERT ALL INTO log (id, message) VALUES (uid, mail) INTO totals (user_id) VALUES (uid) SELECT id AS uid, email AS mail FROM users;
-- USERS.ID -> LOG.ID, TOTALS.USER_ID : IDENTITY
-- USERS.EMAIL -> LOG.MESSAGE : IDENTITY

-- case: output | tsql
INSERT INTO log (id, message) OUTPUT inserted.id SELECT id, email FROM users;
-- users.id -> log.id : IDENTITY
-- users.email -> log.message : IDENTITY
-- log.id -> id : IDENTITY

-- case: a table by its query | trino
INSERT INTO log TABLE archive_of_log;
-- schema: log(id int, message text), archive_of_log(n int, text text)
-- archive_of_log.n -> log.id : IDENTITY
-- archive_of_log.text -> log.message : IDENTITY

-- case: a window and a condition
INSERT INTO log (id, message) SELECT id, email FROM (SELECT id, email, row_number() OVER (PARTITION BY email ORDER BY id) AS n FROM users) AS x WHERE n = 1;
-- users.id -> log.id : IDENTITY
-- users.email -> log.message : IDENTITY
-- users.{email,id} -> log.* : FILTER

-- case: a conditional and a constant
INSERT INTO archive (id, email, phone) SELECT id, CASE WHEN age > 17 THEN email END, 'none' FROM users;
-- users.id -> archive.id : IDENTITY
-- users.email -> archive.email : IDENTITY
-- users.age -> archive.email : CONDITIONAL

-- case: only new rows by not exists
INSERT INTO archive SELECT c.id, c.email, c.phone FROM contacts c WHERE NOT EXISTS (SELECT 1 FROM archive a WHERE a.id = c.id);
-- contacts.{id,email,phone} -> archive.= : IDENTITY
-- contacts.id, archive.id -> archive.* : FILTER

-- case: only new rows by a left join
INSERT INTO archive SELECT c.* FROM contacts c LEFT JOIN archive a ON a.id = c.id WHERE a.id IS NULL;
-- contacts.{id,email,phone} -> archive.= : IDENTITY
-- contacts.id, archive.id -> archive.* : JOIN
-- archive.id -> archive.* : FILTER

-- case: a distinct
INSERT INTO log (message) SELECT DISTINCT country FROM users;
-- users.country -> log.message : IDENTITY
-- users.country -> log.* : GROUP_BY

-- case: values from two scalar subqueries
INSERT INTO totals (user_id, total) VALUES ((SELECT max(id) FROM users), (SELECT sum(total) FROM orders));
-- users.id -> totals.user_id : AGGREGATION
-- orders.total -> totals.total : AGGREGATION

-- case: returning an expression | postgres
INSERT INTO log (id, message) VALUES (1, 'x') RETURNING id, upper(message) AS m;
-- log.id -> id : IDENTITY
-- log.message -> m : TRANSFORMATION

-- case: into another schema | snowflake
-- schema: RAW.USERS(ID, EMAIL), DEV.MAILS(ID, MAIL)
INSERT INTO dev.mails (id, mail) SELECT id, lower(email) FROM raw.users;
-- RAW.USERS.ID -> DEV.MAILS.ID : IDENTITY
-- RAW.USERS.EMAIL -> DEV.MAILS.MAIL : TRANSFORMATION

-- case: a CTE before the insert of T-SQL | tsql
WITH x AS (SELECT id, email FROM users WHERE age > 3) INSERT INTO log (id, message) SELECT id, email FROM x;
-- users.id -> log.id : IDENTITY
-- users.email -> log.message : IDENTITY
-- users.age -> log.* : FILTER

-- case: insert into a table of Spark without INTO's TABLE | spark
INSERT INTO log SELECT id, concat(name, email) FROM users;
-- users.id -> log.id : IDENTITY
-- users.{name,email} -> log.message : TRANSFORMATION

-- case: the first table whose condition holds, and else | snowflake
INSERT FIRST WHEN a > 30 THEN INTO copies (id) VALUES (i) WHEN i > 3 THEN INTO archive (id) VALUES (i) ELSE INTO log (id) VALUES (i) SELECT id AS i, age AS a FROM users;
-- USERS.ID -> COPIES.ID, ARCHIVE.ID, LOG.ID : IDENTITY
-- USERS.AGE -> COPIES.* : FILTER
-- USERS.{ID,AGE} -> ARCHIVE.*, LOG.* : FILTER

-- case: all tables whose condition holds | snowflake
INSERT ALL WHEN a > 30 THEN INTO copies (id) VALUES (i) WHEN i > 3 THEN INTO archive (id) VALUES (i) SELECT id AS i, age AS a FROM users;
-- USERS.ID -> COPIES.ID, ARCHIVE.ID : IDENTITY
-- USERS.AGE -> COPIES.* : FILTER
-- USERS.ID -> ARCHIVE.* : FILTER

-- case: overriding the system's value | postgres
INSERT INTO copies (id, email) OVERRIDING SYSTEM VALUE SELECT id, email FROM users;
-- users.{id,email} -> copies.= : IDENTITY
