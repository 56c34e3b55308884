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
