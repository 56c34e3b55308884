-- case: inner
SELECT u.name, o.total FROM users u JOIN orders o ON o.user_id = u.id;
-- users.name -> = : IDENTITY
-- orders.total -> = : IDENTITY
-- users.id, orders.user_id -> * : JOIN

-- case: unqualified columns
SELECT title, message FROM posts JOIN log ON title = message;
-- posts.title -> = : IDENTITY
-- log.message -> = : IDENTITY
-- posts.title, log.message -> * : JOIN

-- case: left
SELECT u.name, o.total FROM users u LEFT JOIN orders o ON o.user_id = u.id WHERE o.id IS NULL;
-- users.name -> = : IDENTITY
-- orders.total -> = : IDENTITY
-- users.id, orders.user_id -> * : JOIN
-- orders.id -> * : FILTER

-- case: right
SELECT u.name, o.total FROM users u RIGHT OUTER JOIN orders o ON o.user_id = u.id;
-- users.name -> = : IDENTITY
-- orders.total -> = : IDENTITY
-- users.id, orders.user_id -> * : JOIN

-- case: full
SELECT l.a, r.b FROM left_side l FULL JOIN right_side r ON l.k = r.k;
-- left_side.a -> = : IDENTITY
-- right_side.b -> = : IDENTITY
-- left_side.k, right_side.k -> * : JOIN

-- case: cross
SELECT l.a, r.b FROM left_side l CROSS JOIN right_side r;
-- left_side.a -> = : IDENTITY
-- right_side.b -> = : IDENTITY

-- case: comma and where
SELECT u.name, o.total FROM users u, orders o WHERE o.user_id = u.id;
-- users.name -> = : IDENTITY
-- orders.total -> = : IDENTITY
-- users.id, orders.user_id -> * : FILTER

-- case: using | postgres
SELECT a, b FROM left_side JOIN right_side USING (k);
-- left_side.a -> = : IDENTITY
-- right_side.b -> = : IDENTITY
-- left_side.k, right_side.k -> * : JOIN

-- case: using with the key selected | postgres
SELECT k, b FROM left_side JOIN right_side USING (k);
-- left_side.k -> k : IDENTITY
-- right_side.b -> = : IDENTITY
-- left_side.k, right_side.k -> * : JOIN

-- case: right join using, the key is the right one's | postgres
SELECT k, a FROM left_side RIGHT JOIN right_side USING (k);
-- right_side.k -> k : IDENTITY
-- left_side.a -> = : IDENTITY
-- left_side.k, right_side.k -> * : JOIN

-- case: full join using, the key is either's | postgres
SELECT k, a, b FROM left_side FULL JOIN right_side USING (k);
-- left_side.k, right_side.k -> k : IDENTITY
-- left_side.k -> k : CONDITIONAL
-- left_side.a -> = : IDENTITY
-- right_side.b -> = : IDENTITY
-- left_side.k, right_side.k -> * : JOIN

-- case: natural | postgres
SELECT a, b FROM left_side NATURAL JOIN right_side;
-- left_side.a -> = : IDENTITY
-- right_side.b -> = : IDENTITY
-- left_side.k, right_side.k -> * : JOIN

-- case: natural, all columns | sqlite
SELECT * FROM left_side NATURAL JOIN right_side;
-- left_side.{k,a} -> = : IDENTITY
-- right_side.b -> = : IDENTITY
-- left_side.k, right_side.k -> * : JOIN

-- case: natural left | mysql
SELECT k, b FROM left_side NATURAL LEFT JOIN right_side;
-- left_side.k -> k : IDENTITY
-- right_side.b -> = : IDENTITY
-- left_side.k, right_side.k -> * : JOIN

-- case: with itself
SELECT e.name AS worker, b.name AS boss FROM employees e JOIN employees b ON e.boss_id = b.id;
-- employees.name -> worker, boss : IDENTITY
-- employees.{id,boss_id} -> * : JOIN

-- case: three tables
SELECT u.email, p.name AS product FROM users u JOIN orders o ON o.user_id = u.id JOIN products p ON p.id = o.product_id;
-- users.email -> = : IDENTITY
-- products.name -> product : IDENTITY
-- users.id, orders.{user_id,product_id}, products.id -> * : JOIN

-- case: three tables by using | postgres
SELECT k, a, b, message FROM left_side JOIN right_side USING (k) JOIN log ON log.id = k;
-- left_side.{k,a} -> = : IDENTITY
-- right_side.b -> = : IDENTITY
-- log.message -> = : IDENTITY
-- left_side.k, right_side.k, log.id -> * : JOIN

-- case: on an inequality
SELECT u.name FROM users u JOIN products p ON p.price < u.age AND p.category = 'a';
-- users.name -> = : IDENTITY
-- users.age, products.{price,category} -> * : JOIN

-- case: with a subquery
SELECT u.name, s.spent FROM users u JOIN (SELECT user_id, sum(total) AS spent FROM orders GROUP BY user_id) s ON s.user_id = u.id;
-- users.name -> = : IDENTITY
-- orders.total -> spent : AGGREGATION
-- users.id, orders.user_id -> * : JOIN
-- orders.user_id -> * : GROUP_BY

-- case: in parentheses
SELECT u.name, p.name AS product FROM users u JOIN (orders o JOIN products p ON p.id = o.product_id) ON o.user_id = u.id;
-- users.name -> = : IDENTITY
-- products.name -> product : IDENTITY
-- users.id, orders.{user_id,product_id}, products.id -> * : JOIN

-- case: semi | duckdb
SELECT u.name FROM users u SEMI JOIN orders o ON o.user_id = u.id;
-- users.name -> = : IDENTITY
-- users.id, orders.user_id -> * : JOIN

-- case: anti, all columns | duckdb
SELECT * FROM left_side ANTI JOIN right_side USING (k);
-- left_side.{k,a} -> = : IDENTITY
-- left_side.k, right_side.k -> * : JOIN

-- case: left semi of Spark | spark
SELECT u.name FROM users u LEFT SEMI JOIN orders o ON o.user_id = u.id;
-- users.name -> = : IDENTITY
-- users.id, orders.user_id -> * : JOIN

-- case: left anti of Hive | hive
SELECT * FROM left_side l LEFT ANTI JOIN right_side r ON l.k = r.k;
-- left_side.{k,a} -> = : IDENTITY
-- left_side.k, right_side.k -> * : JOIN

-- case: as of | duckdb
SELECT p.amount, e.kind FROM payments p ASOF JOIN events e ON p.contact_id = e.user_id AND p.id >= e.id;
-- payments.amount -> = : IDENTITY
-- events.kind -> = : IDENTITY
-- payments.{contact_id,id}, events.{user_id,id} -> * : JOIN

-- case: positional | duckdb
SELECT l.a, r.b FROM left_side l POSITIONAL JOIN right_side r;
-- left_side.a -> = : IDENTITY
-- right_side.b -> = : IDENTITY

-- case: an expression over both sides
SELECT u.name || ':' || o.status AS line FROM users u JOIN orders o ON o.user_id = u.id;
-- users.name, orders.status -> line : TRANSFORMATION
-- users.id, orders.user_id -> * : JOIN

-- case: left join with a condition on the right alone
SELECT u.name, o.total FROM users u LEFT JOIN orders o ON o.user_id = u.id AND o.status = 'paid';
-- users.name -> = : IDENTITY
-- orders.total -> = : IDENTITY
-- users.id, orders.{user_id,status} -> * : JOIN

-- case: using two columns | postgres
-- schema: a(x int, y int, p text), b(x int, y int, q text)
SELECT x, p, q FROM a JOIN b USING (x, y);
-- a.{x,p} -> = : IDENTITY
-- b.q -> = : IDENTITY
-- a.{x,y}, b.{x,y} -> * : JOIN

-- case: natural join of two columns, everything | postgres
-- schema: a(x int, y int, p text), b(y int, x int, q text)
SELECT * FROM a NATURAL JOIN b;
-- a.{x,y,p} -> = : IDENTITY
-- b.q -> = : IDENTITY
-- a.{x,y}, b.{x,y} -> * : JOIN

-- case: natural join without a common column | postgres
-- schema: a(x int), b(y int)
SELECT * FROM a NATURAL JOIN b;
-- a.x -> x : IDENTITY
-- b.y -> y : IDENTITY

-- case: on a computed key
SELECT u.name, c.phone FROM users u JOIN contacts c ON lower(u.email) = lower(c.email);
-- users.name -> = : IDENTITY
-- contacts.phone -> = : IDENTITY
-- users.email, contacts.email -> * : JOIN

-- case: cross join then inner join
SELECT l.a, r.b, u.name FROM left_side l CROSS JOIN right_side r JOIN users u ON u.id = r.k;
-- left_side.a -> = : IDENTITY
-- right_side.b -> = : IDENTITY
-- users.name -> = : IDENTITY
-- users.id, right_side.k -> * : JOIN

-- case: on true
SELECT u.name, o.total FROM users u JOIN orders o ON TRUE;
-- users.name -> = : IDENTITY
-- orders.total -> = : IDENTITY

-- case: three times with itself
SELECT a.name AS n1, b.name AS n2, c.name AS n3 FROM employees a JOIN employees b ON b.id = a.boss_id LEFT JOIN employees c ON c.id = b.boss_id;
-- employees.name -> n1, n2, n3 : IDENTITY
-- employees.{id,boss_id} -> * : JOIN

-- case: full join with coalesced keys
SELECT coalesce(l.k, r.k) AS k FROM left_side l FULL OUTER JOIN right_side r ON l.k = r.k;
-- left_side.k, right_side.k -> k : IDENTITY
-- left_side.k -> k : CONDITIONAL
-- left_side.k, right_side.k -> * : JOIN

-- case: using, sorted by the key | postgres
SELECT a, b FROM left_side LEFT JOIN right_side USING (k) WHERE k > 1 ORDER BY k;
-- left_side.a -> = : IDENTITY
-- right_side.b -> = : IDENTITY
-- left_side.k -> * : JOIN FILTER SORT
-- right_side.k -> * : JOIN

-- case: old outer join by a comma and brackets | tsql
SELECT [u].[name], [o].[total] FROM [users] [u] LEFT OUTER JOIN [orders] [o] ON [o].[user_id] = [u].[id];
-- users.name -> = : IDENTITY
-- orders.total -> = : IDENTITY
-- users.id, orders.user_id -> * : JOIN

-- case: asof with a condition of its own | snowflake
SELECT u.email, o.total FROM users u ASOF JOIN orders o MATCH_CONDITION (u.age >= o.total) ON u.id = o.user_id;
-- USERS.EMAIL -> = : IDENTITY
-- ORDERS.TOTAL -> = : IDENTITY
-- USERS.{ID,AGE}, ORDERS.{USER_ID,TOTAL} -> * : JOIN
