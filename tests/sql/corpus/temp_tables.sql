-- case: created from a query | postgres
CREATE TEMPORARY TABLE mails AS SELECT id, email FROM users;
-- users.{id,email} -> mails.= : IDENTITY

-- case: created short | sqlite
CREATE TEMP TABLE mails AS SELECT id, email FROM users;
-- users.{id,email} -> mails.= : IDENTITY

-- case: on commit drop | postgres
CREATE TEMP TABLE mails ON COMMIT DROP AS SELECT id, email FROM users;
-- users.{id,email} -> mails.= : IDENTITY

-- case: with a number sign | tsql
SELECT id, email INTO #mails FROM users;
-- users.{id,email} -> #mails.= : IDENTITY

-- case: filled and read
CREATE TEMP TABLE mails AS SELECT id, email FROM users; INSERT INTO log (id, message) SELECT id, email FROM mails;
-- users.{id,email} -> mails.= : IDENTITY
-- mails.id -> log.id : IDENTITY
-- mails.email -> log.message : IDENTITY

-- case: filled and read as all columns
CREATE TEMP TABLE mails AS SELECT id, email FROM users; SELECT * FROM mails;
-- users.{id,email} -> mails.= : IDENTITY
-- mails.{id,email} -> = : IDENTITY

-- case: declared, filled, read as all columns
CREATE TEMP TABLE mails (who INT, addr TEXT); INSERT INTO mails SELECT id, email FROM users; SELECT * FROM mails;
-- users.id -> mails.who : IDENTITY
-- users.email -> mails.addr : IDENTITY
-- mails.{who,addr} -> = : IDENTITY

-- case: a temp table that hides a table | postgres
CREATE TEMP TABLE contacts AS SELECT id AS n, name FROM users; SELECT * FROM contacts;
-- users.id -> contacts.n : IDENTITY
-- users.name -> contacts.name : IDENTITY
-- contacts.{n,name} -> = : IDENTITY

-- case: a chain of two
CREATE TEMP TABLE a AS SELECT id, total FROM orders WHERE status = 'paid'; CREATE TEMP TABLE b AS SELECT id, sum(total) AS total FROM a GROUP BY id;
-- orders.{id,total} -> a.= : IDENTITY
-- orders.status -> a.* : FILTER
-- a.id -> b.id : IDENTITY
-- a.total -> b.total : AGGREGATION
-- a.id -> b.* : GROUP_BY

-- case: with a number sign, read | tsql
SELECT id, email INTO #mails FROM users; INSERT INTO log (id, message) SELECT id, email FROM #mails;
-- users.{id,email} -> #mails.= : IDENTITY
-- #mails.id -> log.id : IDENTITY
-- #mails.email -> log.message : IDENTITY

-- case: a table variable | tsql
DECLARE @mails TABLE (id INT, email NVARCHAR(99)); INSERT INTO @mails (id, email) SELECT id, email FROM users; SELECT email FROM @mails;
-- users.{id,email} -> @mails.= : IDENTITY
-- @mails.email -> email : IDENTITY

-- case: of MySQL | mysql
CREATE TEMPORARY TABLE mails SELECT id, email FROM users;
-- users.{id,email} -> mails.= : IDENTITY

-- case: of Snowflake | snowflake
CREATE TEMPORARY TABLE mails AS SELECT id, email FROM users;
-- USERS.{ID,EMAIL} -> MAILS.= : IDENTITY

-- case: of BigQuery | bigquery
CREATE TEMP TABLE mails AS SELECT id, email FROM users; SELECT email FROM mails;
-- users.{id,email} -> mails.= : IDENTITY
-- mails.email -> email : IDENTITY

-- case: a view for the session | spark
CREATE TEMPORARY VIEW mails AS SELECT id, email FROM users; INSERT INTO log SELECT id, email FROM mails;
-- users.{id,email} -> mails.= : IDENTITY
-- users.id -> log.id : IDENTITY
-- users.email -> log.message : IDENTITY

-- case: a cached query | spark
CACHE TABLE mails AS SELECT id, email FROM users;
-- users.{id,email} -> mails.= : IDENTITY
