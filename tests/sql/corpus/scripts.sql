-- case: two selects
SELECT email FROM users; SELECT phone FROM contacts;
-- users.email -> = : IDENTITY
-- contacts.phone -> = : IDENTITY

-- case: a transaction
BEGIN; UPDATE users SET name = upper(name) WHERE id = 1; INSERT INTO log (id, message) SELECT id, name FROM users; COMMIT;
-- users.name -> users.name : TRANSFORMATION
-- users.id -> users.* : FILTER
-- users.id -> log.id : IDENTITY
-- users.name -> log.message : IDENTITY

-- case: a semicolon in a string
SELECT name || ';' AS n FROM users; DELETE FROM log WHERE message = 'a; b';
-- users.name -> n : TRANSFORMATION
-- log.message -> log.* : FILTER

-- case: comments between
-- schema: users(id int, email text), log(id int, message text)
SELECT email FROM users; /* SELECT secret FROM vault; */ DELETE FROM log;
-- users.email -> = : IDENTITY

-- case: an empty statement
; ; SELECT email FROM users; ;
-- users.email -> = : IDENTITY

-- case: a table made, filled and copied
CREATE TABLE stage (id INT, mail TEXT); INSERT INTO stage (id, mail) SELECT id, email FROM users; CREATE TABLE final AS SELECT * FROM stage;
-- users.id -> stage.id : IDENTITY
-- users.email -> stage.mail : IDENTITY
-- stage.{id,mail} -> final.= : IDENTITY

-- case: a table dropped and made anew
CREATE TABLE x AS SELECT id FROM users; DROP TABLE x; CREATE TABLE x AS SELECT email FROM users; SELECT * FROM x;
-- users.{id,email} -> x.= : IDENTITY
-- x.email -> email : IDENTITY

-- case: a column added
CREATE TABLE x AS SELECT id FROM users; ALTER TABLE x ADD COLUMN note TEXT; SELECT * FROM x;
-- users.id -> x.id : IDENTITY
-- x.{id,note} -> = : IDENTITY

-- case: a column renamed
CREATE TABLE x AS SELECT id, email FROM users; ALTER TABLE x RENAME COLUMN email TO addr; SELECT addr FROM x;
-- users.{id,email} -> x.= : IDENTITY
-- x.email -> x.addr : IDENTITY
-- x.addr -> addr : IDENTITY

-- case: a column renamed without the word | postgres
CREATE TABLE x AS SELECT id, email FROM users; ALTER TABLE ONLY x RENAME email TO addr; SELECT addr FROM x;
-- users.{id,email} -> x.= : IDENTITY
-- x.email -> x.addr : IDENTITY
-- x.addr -> addr : IDENTITY

-- case: an index renamed | postgres
CREATE TABLE x AS SELECT email FROM users; ALTER INDEX x RENAME TO y; SELECT email FROM x;
-- users.email -> x.email : IDENTITY
-- x.email -> email : IDENTITY

-- case: a table renamed
CREATE TABLE x AS SELECT id, email FROM users; ALTER TABLE x RENAME TO y; SELECT email FROM y;
-- users.{id,email} -> x.= : IDENTITY
-- x.{id,email} -> y.= : IDENTITY
-- y.email -> email : IDENTITY

-- case: swap of a fresh table
CREATE TABLE fresh AS SELECT id, email FROM users; DELETE FROM archive; INSERT INTO archive (id, email) SELECT id, email FROM fresh; DROP TABLE fresh;
-- users.{id,email} -> fresh.= : IDENTITY
-- fresh.{id,email} -> archive.= : IDENTITY

-- case: a view and its reader
CREATE VIEW adults AS SELECT id, email FROM users WHERE age > 17; INSERT INTO log (id, message) SELECT id, email FROM adults;
-- users.{id,email} -> adults.= : IDENTITY
-- users.age -> adults.*, log.* : FILTER
-- users.id -> log.id : IDENTITY
-- users.email -> log.message : IDENTITY

-- case: settings and grants touch no data | postgres
SET search_path TO app; GRANT SELECT ON users TO reader; SELECT email FROM users;
-- users.email -> = : IDENTITY

-- case: an index and a comment | postgres
CREATE INDEX mails ON users (email); COMMENT ON TABLE users IS 'people'; ANALYZE users;

-- case: batches of T-SQL | tsql
SET NOCOUNT ON; INSERT INTO log (id, message) SELECT id, email FROM users; SELECT id FROM log;
-- users.id -> log.id : IDENTITY
-- users.email -> log.message : IDENTITY
-- log.id -> id : IDENTITY

-- case: through a file | duckdb
COPY (SELECT id, email FROM users) TO 'x.parquet'; CREATE TABLE y AS SELECT email FROM read_parquet('x.parquet');
-- users.{id,email} -> "file:x.parquet".= : IDENTITY
-- "file:x.parquet".email -> y.email : IDENTITY

-- case: through a file as all columns | duckdb
COPY (SELECT id, email FROM users) TO 'x.parquet'; CREATE TABLE y AS SELECT * FROM read_parquet('x.parquet');
-- users.{id,email} -> "file:x.parquet".= : IDENTITY
-- "file:x.parquet".{id,email} -> y.= : IDENTITY

-- case: staging, dedupe, load | snowflake
CREATE OR REPLACE TEMPORARY TABLE s AS SELECT id, email FROM users; CREATE OR REPLACE TABLE d AS SELECT * FROM s QUALIFY ROW_NUMBER() OVER (PARTITION BY email ORDER BY id) = 1; INSERT INTO log (id, message) SELECT * FROM d;
-- USERS.{ID,EMAIL} -> S.= : IDENTITY
-- S.{ID,EMAIL} -> D.= : IDENTITY
-- S.{EMAIL,ID} -> D.* : FILTER
-- D.ID -> LOG.ID : IDENTITY
-- D.EMAIL -> LOG.MESSAGE : IDENTITY

-- case: a CTAS over a CTAS with a star and an exclusion | duckdb
CREATE TABLE a AS SELECT * FROM contacts; CREATE TABLE b AS SELECT * EXCLUDE (email) FROM a; SELECT * FROM b;
-- contacts.{id,email,phone} -> a.= : IDENTITY
-- a.{id,phone} -> b.= : IDENTITY
-- b.{id,phone} -> = : IDENTITY

-- case: an update, a delete and a select
UPDATE contacts SET phone = '-' WHERE email IS NULL; DELETE FROM contacts WHERE id < 0; SELECT count(id) AS n FROM contacts;
-- contacts.{email,id} -> contacts.* : FILTER
-- contacts.id -> n : AGGREGATION

-- case: a view replaced
CREATE VIEW v AS SELECT id FROM users; CREATE OR REPLACE VIEW v AS SELECT email FROM contacts; SELECT * FROM v;
-- users.id -> v.id : IDENTITY
-- contacts.email -> v.email : IDENTITY
-- contacts.email -> email : IDENTITY

-- case: create like and fill | postgres
CREATE TABLE twin (LIKE contacts INCLUDING ALL); INSERT INTO twin SELECT * FROM contacts;
-- contacts.{id,email,phone} -> twin.= : IDENTITY

-- case: a variable set from a query | tsql
DECLARE @top INT; SET @top = 3; SELECT email FROM users WHERE age > @top;
-- users.email -> = : IDENTITY
-- users.age -> * : FILTER

-- case: a variable that a query sets | mysql
SET @m = (SELECT email FROM users WHERE age > 3 LIMIT 1); UPDATE copies SET email = @m;
-- users.email -> @m.value : IDENTITY
-- users.age -> @m.value : FILTER
-- @m.value -> copies.email : IDENTITY

-- case: a variable that a query selects into | mysql
SELECT email INTO @m FROM users WHERE id = 3; INSERT INTO log (message) VALUES (@m);
-- users.email -> @m.email : IDENTITY
-- users.id -> @m.* : FILTER
-- @m.email -> log.message : IDENTITY

-- case: a variable that another session may have set | mysql
UPDATE copies SET email = @m;
-- incomplete

-- case: variables that a list selects | tsql
DECLARE @m varchar(100); SELECT @m = email, @n = upper(name) FROM users WHERE id = 3; INSERT INTO log (id, message) VALUES (@n, @m);
-- users.email -> @m.value : IDENTITY
-- users.name -> @n.value : TRANSFORMATION
-- users.id -> @m.*, @n.* : FILTER
-- @n.value -> log.id : IDENTITY
-- @m.value -> log.message : IDENTITY

-- case: a variable declared with a value | tsql
DECLARE @m varchar(100) = (SELECT max(email) FROM users), @c int = 3; INSERT INTO log (id, message) VALUES (@c, @m);
-- users.email -> @m.value : AGGREGATION
-- @m.value -> log.message : IDENTITY

-- case: a variable of DuckDB | duckdb
SET VARIABLE m = (SELECT email FROM users LIMIT 1); INSERT INTO log (message) SELECT getvariable('m');
-- users.email -> @m.value : IDENTITY
-- @m.value -> log.message : IDENTITY

-- case: a variable of Snowflake | snowflake
SET m = (SELECT email FROM users LIMIT 1); INSERT INTO log (message) SELECT $m;
-- USERS.EMAIL -> @M.value : IDENTITY
-- @M.value -> LOG.MESSAGE : IDENTITY

-- case: a macro with a query in it | duckdb
CREATE MACRO mail_of(x) AS (SELECT max(email) FROM users WHERE id = x); SELECT mail_of(user_id) AS m FROM orders;
-- users.email -> m : AGGREGATION
-- users.id, orders.user_id -> m : FILTER

-- case: a macro of an expression, with a default | duckdb
CREATE MACRO joined(x, y := 'none') AS x || y; SELECT joined(name) AS a, joined(name, y := email) AS b FROM users;
-- users.name -> a, b : TRANSFORMATION
-- users.email -> b : TRANSFORMATION

-- case: a macro that masks, in another one | duckdb
CREATE MACRO hidden(x) AS md5(x); CREATE MACRO shown(x) AS hidden(x) || '.'; SELECT shown(email) AS m FROM users;
-- users.email -> m : TRANSFORMATION masked

-- case: a macro of rows that is given a column | duckdb
CREATE MACRO grown(a) AS TABLE SELECT id, email FROM users WHERE age > a; SELECT g.email FROM orders AS o, grown(o.total) AS g;
-- users.email -> email : IDENTITY
-- users.age, orders.total -> * : FILTER

-- case: a macro of several forms is not looked into, and a call of it is not complete | duckdb
CREATE MACRO sum_of(a) AS a, (a, b) AS a + b; SELECT sum_of(id) AS s FROM users;
-- users.id -> s : TRANSFORMATION
-- opaque

-- case: a function of SQL with a query in it | postgres
CREATE FUNCTION mail_of(x int) RETURNS text LANGUAGE sql AS $$ SELECT email FROM users WHERE id = $1 $$; SELECT mail_of(user_id) AS m FROM orders;
-- users.email -> m : IDENTITY
-- users.id, orders.user_id -> m : FILTER

-- case: a function of SQL that gives rows | postgres
CREATE FUNCTION mails() RETURNS TABLE(mail text) LANGUAGE sql AS 'SELECT email FROM users WHERE age > 3'; SELECT mail FROM mails();
-- users.email -> mail : IDENTITY
-- users.age -> * : FILTER

-- case: a function that returns a query | databricks
CREATE FUNCTION mail_of(x int) RETURNS string RETURN SELECT max(email) FROM users WHERE id = x; SELECT mail_of(user_id) AS m FROM orders;
-- users.email -> m : AGGREGATION
-- users.id, orders.user_id -> m : FILTER

-- case: a temporary function with a query in it | bigquery
CREATE TEMP FUNCTION mail_of(x INT64) AS ((SELECT max(email) FROM users WHERE id = x)); SELECT mail_of(user_id) AS m FROM orders;
-- users.email -> m : AGGREGATION
-- users.id, orders.user_id -> m : FILTER
