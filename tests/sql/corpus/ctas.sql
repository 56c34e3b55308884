-- case: a query
CREATE TABLE mails AS SELECT id, email FROM users;
-- users.{id,email} -> mails.= : IDENTITY

-- case: if not exists, with a condition
CREATE TABLE IF NOT EXISTS mails AS SELECT email AS addr FROM users WHERE age > 17;
-- users.email -> mails.addr : IDENTITY
-- users.age -> mails.* : FILTER

-- case: all columns
CREATE TABLE backup AS SELECT * FROM contacts;
-- contacts.{id,email,phone} -> backup.= : IDENTITY

-- case: names of its own | postgres
CREATE TABLE mails (who, addr) AS SELECT id, email FROM users;
-- users.id -> mails.who : IDENTITY
-- users.email -> mails.addr : IDENTITY

-- case: grouped
CREATE TABLE spent AS SELECT user_id, sum(total) AS total FROM orders GROUP BY user_id;
-- orders.user_id -> spent.user_id : IDENTITY
-- orders.total -> spent.total : AGGREGATION
-- orders.user_id -> spent.* : GROUP_BY

-- case: with a CTE
CREATE TABLE mails AS WITH x AS (SELECT lower(email) AS e FROM users) SELECT e FROM x;
-- users.email -> mails.e : TRANSFORMATION

-- case: a union
CREATE TABLE mails AS SELECT email FROM users UNION ALL SELECT email FROM contacts;
-- users.email, contacts.email -> mails.email : IDENTITY

-- case: without data | postgres
CREATE TABLE shape AS SELECT id, email FROM users WITH NO DATA;
-- users.{id,email} -> shape.= : IDENTITY

-- case: unlogged | postgres
CREATE UNLOGGED TABLE mails AS SELECT email FROM users;
-- users.email -> mails.email : IDENTITY

-- case: or replace | duckdb
CREATE OR REPLACE TABLE mails AS FROM contacts SELECT id, email;
-- contacts.{id,email} -> mails.= : IDENTITY

-- case: from a file | duckdb
CREATE TABLE people AS SELECT id, email FROM read_csv('people.csv');
-- "file:people.csv".{id,email} -> people.= : IDENTITY

-- case: select into | tsql
SELECT id, email INTO mails FROM users WHERE age > 17;
-- users.{id,email} -> mails.= : IDENTITY
-- users.age -> mails.* : FILTER

-- case: select into of PostgreSQL | postgres
SELECT id, email INTO mails FROM users;
-- users.{id,email} -> mails.= : IDENTITY

-- case: using a format | spark
CREATE TABLE mails USING parquet AS SELECT id, email FROM users;
-- users.{id,email} -> mails.= : IDENTITY

-- case: partitioned | spark
CREATE TABLE mails USING delta PARTITIONED BY (country) AS SELECT email, country FROM users;
-- users.{email,country} -> mails.= : IDENTITY

-- case: stored as | hive
CREATE TABLE mails STORED AS ORC AS SELECT id, email FROM users;
-- users.{id,email} -> mails.= : IDENTITY

-- case: with properties | trino
CREATE TABLE mails WITH (format = 'ORC') AS SELECT id, email FROM users;
-- users.{id,email} -> mails.= : IDENTITY

-- case: partitioned and clustered | bigquery
CREATE OR REPLACE TABLE shop.mails PARTITION BY DATE(seen) CLUSTER BY kind AS SELECT id, kind, seen FROM events;
-- events.{id,kind,seen} -> shop.mails.= : IDENTITY

-- case: a schema before the name | mysql
CREATE TABLE shop.mails AS SELECT id, email FROM users;
-- users.{id,email} -> shop.mails.= : IDENTITY

-- case: transient | snowflake
CREATE TRANSIENT TABLE mails AS SELECT id, email FROM users;
-- USERS.{ID,EMAIL} -> MAILS.= : IDENTITY

-- case: a clone | snowflake
CREATE TABLE backup CLONE contacts;
-- CONTACTS.{ID,EMAIL,PHONE} -> BACKUP.= : IDENTITY

-- case: only columns
CREATE TABLE fresh (id INT PRIMARY KEY, email TEXT DEFAULT 'x');

-- case: a join with equal names
CREATE TABLE pairs AS SELECT u.id AS user_id, o.id AS order_id, u.name FROM users u JOIN orders o ON o.user_id = u.id;
-- users.id -> pairs.user_id : IDENTITY
-- orders.id -> pairs.order_id : IDENTITY
-- users.name -> pairs.name : IDENTITY
-- users.id, orders.user_id -> pairs.* : JOIN

-- case: a pivot by hand and a share
CREATE TABLE shares AS SELECT product, sum(amount) / sum(sum(amount)) OVER () AS share FROM sales GROUP BY product;
-- sales.product -> shares.product : IDENTITY
-- sales.amount -> shares.share : AGGREGATION
-- sales.product -> shares.* : GROUP_BY

-- case: a recursive one | postgres
CREATE TABLE tree AS WITH RECURSIVE t AS (SELECT id, name FROM employees WHERE boss_id IS NULL UNION ALL SELECT e.id, e.name FROM employees e JOIN t ON e.boss_id = t.id) SELECT * FROM t;
-- employees.{id,name} -> tree.= : IDENTITY
-- employees.boss_id -> tree.* : FILTER JOIN
-- employees.id -> tree.* : JOIN

-- case: a location and a comment | hive
CREATE EXTERNAL TABLE mails STORED AS PARQUET LOCATION '/out/mails' AS SELECT id, email FROM users;
-- users.{id,email} -> mails.= : IDENTITY
-- users.{id,email} -> "file:/out/mails".= : IDENTITY

-- case: a location outside | trino
CREATE TABLE mails WITH (external_location = 's3://out/mails') AS SELECT email FROM users;
-- users.email -> mails.= : IDENTITY
-- users.email -> "file:s3://out/mails".= : IDENTITY

-- case: an engine that keeps its rows outside | clickhouse
CREATE TABLE mails ENGINE = S3('https://out/mails.csv', 'CSV') AS SELECT email FROM users;
-- users.email -> mails.= : IDENTITY
-- users.email -> "file:https://out/mails.csv".= : IDENTITY

-- case: a table over files outside | trino
CREATE TABLE mails (email varchar) WITH (external_location = 's3://in/mails');
-- "file:s3://in/mails".email -> mails.= : IDENTITY

-- case: select into with an expression and a top | tsql
SELECT TOP 5 u.id, UPPER(u.name) AS n INTO dbo.best FROM users AS u ORDER BY u.age DESC;
-- users.id -> dbo.best.id : IDENTITY
-- users.name -> dbo.best.n : TRANSFORMATION
-- users.age -> dbo.best.* : SORT

-- case: bucketed and sorted | spark
CREATE TABLE mails USING parquet CLUSTERED BY (id) INTO 4 BUCKETS AS SELECT id, email FROM users WHERE email IS NOT NULL;
-- users.{id,email} -> mails.= : IDENTITY
-- users.email -> mails.* : FILTER
