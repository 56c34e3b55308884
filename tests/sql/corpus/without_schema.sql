-- case: one table needs none
-- schema: none
SELECT email FROM users WHERE age > 3;
-- users.email -> = : IDENTITY
-- users.age -> * : FILTER

-- case: all columns of one table
-- schema: none
SELECT * FROM users;
-- users.* -> * : IDENTITY
-- incomplete

-- case: all columns of one of two tables
-- schema: none
SELECT u.*, o.total FROM users u JOIN orders o ON o.user_id = u.id;
-- users.* -> * : IDENTITY
-- orders.total -> = : IDENTITY
-- users.id, orders.user_id -> * : JOIN
-- incomplete

-- case: qualified columns need none
-- schema: none
SELECT u.email, o.total FROM users u JOIN orders o ON o.user_id = u.id;
-- users.email -> = : IDENTITY
-- orders.total -> = : IDENTITY
-- users.id, orders.user_id -> * : JOIN

-- case: a column that may be either table's
-- schema: none
SELECT email FROM users u JOIN contacts c ON c.id = u.id;
-- users.email, contacts.email -> email : IDENTITY
-- users.id, contacts.id -> * : JOIN
-- incomplete

-- case: all columns of a CTE that names its own
-- schema: none
WITH x AS (SELECT id, email FROM users) SELECT * FROM x;
-- users.{id,email} -> = : IDENTITY

-- case: all columns of a CTE of all columns
-- schema: none
WITH x AS (SELECT * FROM users) SELECT * FROM x;
-- users.* -> * : IDENTITY
-- incomplete

-- case: all columns but one | duckdb
-- schema: none
SELECT * EXCLUDE (email) FROM users;
-- users.* -> * : IDENTITY
-- incomplete

-- case: insert of named columns by position
-- schema: none
INSERT INTO log (id, message) SELECT id, email FROM users;
-- users.id -> log.id : IDENTITY
-- users.email -> log.message : IDENTITY

-- case: insert by position into nobody knows what
-- schema: none
INSERT INTO log SELECT id, email FROM users;
-- users.{id,email} -> log.* : IDENTITY
-- incomplete

-- case: insert of all columns
-- schema: none
INSERT INTO archive SELECT * FROM contacts;
-- contacts.* -> archive.* : IDENTITY
-- incomplete

-- case: a table of all columns
-- schema: none
CREATE TABLE backup AS SELECT * FROM contacts;
-- contacts.* -> backup.* : IDENTITY
-- incomplete

-- case: an update needs none
-- schema: none
UPDATE users SET name = upper(name) WHERE id = 1;
-- users.name -> users.name : TRANSFORMATION
-- users.id -> users.* : FILTER

-- case: a table that the schema does not have
-- schema: users(id, email)
SELECT * FROM strangers;
-- strangers.* -> * : IDENTITY
-- incomplete

-- case: a known table beside an unknown one
-- schema: users(id, email)
SELECT u.*, s.note FROM users u JOIN strangers s ON s.id = u.id;
-- users.{id,email} -> = : IDENTITY
-- strangers.note -> = : IDENTITY
-- users.id, strangers.id -> * : JOIN

-- case: a known table has it, so the unknown one cannot
-- schema: users(id, email)
SELECT email, note FROM users u JOIN strangers s ON s.uid = u.id;
-- users.email -> email : IDENTITY
-- strangers.note -> note : IDENTITY
-- users.id, strangers.uid -> * : JOIN

-- case: natural join
-- schema: none
SELECT a.x, b.y FROM a NATURAL JOIN b;
-- a.x -> x : IDENTITY
-- b.y -> y : IDENTITY
-- a.*, b.* -> * : JOIN
-- incomplete

-- case: distinct over all columns
-- schema: none
SELECT DISTINCT * FROM users;
-- users.* -> * : IDENTITY GROUP_BY
-- incomplete

-- case: a count needs none
-- schema: none
SELECT country, count(*) AS n FROM users GROUP BY country;
-- users.country -> = : IDENTITY
-- users.* -> n : AGGREGATION
-- users.country -> * : GROUP_BY

-- case: a union of all columns
-- schema: none
SELECT * FROM users UNION ALL SELECT * FROM contacts;
-- users.*, contacts.* -> * : IDENTITY
-- incomplete

-- case: a filter on an unknown side
-- schema: none
SELECT u.name FROM users u JOIN orders o ON o.user_id = u.id WHERE status = 'paid';
-- users.name -> = : IDENTITY
-- users.id, orders.user_id -> * : JOIN
-- users.status, orders.status -> * : FILTER
-- incomplete

-- case: a grouped CTE needs none
-- schema: none
WITH s AS (SELECT user_id, sum(total) AS t FROM orders GROUP BY user_id) SELECT u.name, s.t FROM users u JOIN s ON s.user_id = u.id;
-- users.name -> = : IDENTITY
-- orders.total -> t : AGGREGATION
-- users.id, orders.user_id -> * : JOIN
-- orders.user_id -> * : GROUP_BY

-- case: merge needs none | postgres
-- schema: none
MERGE INTO copies c USING users u ON u.id = c.id WHEN MATCHED THEN UPDATE SET email = u.email;
-- users.email -> copies.email : IDENTITY
-- users.id, copies.id -> copies.* : FILTER
