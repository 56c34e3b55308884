-- case: all columns
SELECT * FROM contacts;
-- contacts.{id,email,phone} -> = : IDENTITY

-- case: all columns of an alias
SELECT c.* FROM contacts c;
-- contacts.{id,email,phone} -> = : IDENTITY

-- case: all columns and one more
SELECT *, lower(email) AS small FROM contacts;
-- contacts.{id,email,phone} -> = : IDENTITY
-- contacts.email -> small : TRANSFORMATION

-- case: all of one side of a join
SELECT c.* FROM contacts c JOIN payments p ON p.contact_id = c.id;
-- contacts.{id,email,phone} -> = : IDENTITY
-- contacts.id, payments.contact_id -> * : JOIN

-- case: all of both sides of a join
SELECT * FROM left_side CROSS JOIN quarters;
-- left_side.{k,a} -> = : IDENTITY
-- quarters.{product,q1,q2} -> = : IDENTITY

-- case: all of one side and one of the other
SELECT c.*, p.amount AS paid FROM contacts c, payments p WHERE p.contact_id = c.id;
-- contacts.{id,email,phone} -> = : IDENTITY
-- payments.amount -> paid : IDENTITY
-- contacts.id, payments.contact_id -> * : FILTER

-- case: over a subquery
SELECT * FROM (SELECT email, upper(phone) AS phone FROM contacts) AS x;
-- contacts.email -> = : IDENTITY
-- contacts.phone -> = : TRANSFORMATION

-- case: over a subquery of all
SELECT * FROM (SELECT * FROM contacts) AS x WHERE id = 1;
-- contacts.{id,email,phone} -> = : IDENTITY
-- contacts.id -> * : FILTER

-- case: over a CTE
WITH x AS (SELECT id AS who, email FROM contacts) SELECT * FROM x;
-- contacts.id -> who : IDENTITY
-- contacts.email -> = : IDENTITY

-- case: over a CTE of all over a CTE of all
WITH x AS (SELECT * FROM contacts), y AS (SELECT * FROM x) SELECT * FROM y;
-- contacts.{id,email,phone} -> = : IDENTITY

-- case: over a CTE with names of its own
WITH x(a, b, c) AS (SELECT * FROM contacts) SELECT * FROM x;
-- contacts.id -> a : IDENTITY
-- contacts.email -> b : IDENTITY
-- contacts.phone -> c : IDENTITY

-- case: over a subquery with names of its own | postgres
SELECT * FROM (SELECT * FROM contacts) AS x(a, b, c);
-- contacts.id -> a : IDENTITY
-- contacts.email -> b : IDENTITY
-- contacts.phone -> c : IDENTITY

-- case: over a table with names of its own | postgres
SELECT * FROM contacts AS x(a, b, c);
-- contacts.id -> a : IDENTITY
-- contacts.email -> b : IDENTITY
-- contacts.phone -> c : IDENTITY

-- case: joined by using, the key once | postgres
SELECT * FROM left_side JOIN right_side USING (k);
-- left_side.k -> k : IDENTITY
-- left_side.a -> a : IDENTITY
-- right_side.b -> b : IDENTITY
-- left_side.k, right_side.k -> * : JOIN

-- case: joined by on, the key twice | postgres
SELECT l.*, r.k AS rk, r.b FROM left_side l JOIN right_side r ON l.k = r.k;
-- left_side.{k,a} -> = : IDENTITY
-- right_side.k -> rk : IDENTITY
-- right_side.b -> b : IDENTITY
-- left_side.k, right_side.k -> * : JOIN

-- case: over a union | postgres
SELECT * FROM (SELECT id, email FROM contacts UNION ALL SELECT id, name FROM users) AS x;
-- contacts.{id,email} -> = : IDENTITY
-- users.id -> id : IDENTITY
-- users.name -> email : IDENTITY

-- case: all of a lateral subquery | postgres
SELECT p.* FROM contacts c CROSS JOIN LATERAL (SELECT amount FROM payments WHERE contact_id = c.id) AS p;
-- payments.amount -> = : IDENTITY
-- payments.contact_id, contacts.id -> * : FILTER

-- case: in an exists it means nothing
SELECT email FROM contacts c WHERE EXISTS (SELECT * FROM payments p WHERE p.contact_id = c.id);
-- contacts.email -> = : IDENTITY
-- contacts.id, payments.contact_id -> * : FILTER

-- case: all columns of values with names
SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS v(n, letter);

-- case: without the select | duckdb
FROM contacts;
-- contacts.{id,email,phone} -> = : IDENTITY

-- case: over a join of two subqueries
SELECT * FROM (SELECT k, a FROM left_side) AS x JOIN (SELECT k AS k2, b FROM right_side) AS y ON x.k = y.k2;
-- left_side.{k,a} -> = : IDENTITY
-- right_side.k -> k2 : IDENTITY
-- right_side.b -> b : IDENTITY
-- left_side.k, right_side.k -> * : JOIN

-- case: over a grouped CTE beside a window
WITH g AS (SELECT user_id, sum(total) AS s FROM orders GROUP BY user_id) SELECT *, rank() OVER (ORDER BY s DESC) AS place FROM g;
-- orders.user_id -> user_id : IDENTITY
-- orders.total -> s : AGGREGATION
-- orders.total -> place : WINDOW
-- orders.user_id -> * : GROUP_BY

-- case: of a left join using three tables | postgres
SELECT * FROM left_side LEFT JOIN right_side USING (k) LEFT JOIN (SELECT id AS k, message FROM log) AS l USING (k);
-- left_side.{k,a} -> = : IDENTITY
-- right_side.b -> b : IDENTITY
-- log.message -> message : IDENTITY
-- left_side.k, right_side.k, log.id -> * : JOIN

-- case: twice from two aliases of a table
SELECT a.*, b.* FROM left_side a CROSS JOIN left_side b;
-- left_side.{k,a} -> = : IDENTITY

-- case: exclude a key after using | duckdb
SELECT * EXCLUDE (k) FROM left_side JOIN right_side USING (k);
-- left_side.a -> a : IDENTITY
-- right_side.b -> b : IDENTITY
-- left_side.k, right_side.k -> * : JOIN

-- case: parts of a structured column | bigquery
WITH t AS (SELECT STRUCT(id, email AS mail) AS s FROM users) SELECT s.* FROM t;
-- users.id -> id : TRANSFORMATION
-- users.email -> mail : TRANSFORMATION

-- case: parts of a column of which none is known
SELECT payload.* FROM events;
-- events.payload -> * : TRANSFORMATION
-- incomplete
