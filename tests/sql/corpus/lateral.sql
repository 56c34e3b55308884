-- case: cross join lateral | postgres
SELECT u.name, x.total FROM users u CROSS JOIN LATERAL (SELECT o.total FROM orders o WHERE o.user_id = u.id) AS x;
-- users.name -> = : IDENTITY
-- orders.total -> = : IDENTITY
-- orders.user_id, users.id -> * : FILTER

-- case: lateral after a comma | postgres
SELECT u.name, x.total FROM users u, LATERAL (SELECT o.total FROM orders o WHERE o.user_id = u.id) AS x;
-- users.name -> = : IDENTITY
-- orders.total -> = : IDENTITY
-- orders.user_id, users.id -> * : FILTER

-- case: the last three | postgres
SELECT u.name, x.total FROM users u LEFT JOIN LATERAL (SELECT total FROM orders WHERE user_id = u.id ORDER BY id DESC LIMIT 3) x ON true;
-- users.name -> = : IDENTITY
-- orders.total -> = : IDENTITY
-- orders.user_id, users.id -> * : FILTER
-- orders.id -> * : SORT

-- case: an expression with a name | postgres
SELECT u.id, x.small FROM users u CROSS JOIN LATERAL (SELECT lower(u.email) AS small) AS x;
-- users.id -> = : IDENTITY
-- users.email -> small : TRANSFORMATION

-- case: a chain of expressions | postgres
SELECT y.c FROM orders o, LATERAL (SELECT o.total * 2 AS b) AS x, LATERAL (SELECT x.b + o.product_id AS c) AS y;
-- orders.{total,product_id} -> c : TRANSFORMATION

-- case: an aggregate per row | postgres
SELECT u.name, s.spent FROM users u, LATERAL (SELECT sum(total) AS spent FROM orders o WHERE o.user_id = u.id) AS s WHERE s.spent > 5;
-- users.name -> = : IDENTITY
-- orders.total -> spent : AGGREGATION
-- orders.{user_id,total}, users.id -> * : FILTER

-- case: names of its own | postgres
SELECT x.t FROM users u CROSS JOIN LATERAL (SELECT o.total FROM orders o WHERE o.user_id = u.id) AS x(t);
-- orders.total -> t : IDENTITY
-- orders.user_id, users.id -> * : FILTER

-- case: cross apply | tsql
SELECT u.name, x.total FROM users AS u CROSS APPLY (SELECT TOP 3 o.total FROM orders AS o WHERE o.user_id = u.id ORDER BY o.id) AS x;
-- users.name -> = : IDENTITY
-- orders.total -> = : IDENTITY
-- orders.user_id, users.id -> * : FILTER
-- orders.id -> * : SORT

-- case: outer apply | tsql
SELECT u.name, x.total FROM users AS u OUTER APPLY (SELECT o.total FROM orders AS o WHERE o.user_id = u.id) AS x;
-- users.name -> = : IDENTITY
-- orders.total -> = : IDENTITY
-- orders.user_id, users.id -> * : FILTER

-- case: lateral of MySQL | mysql
SELECT u.name, x.total FROM users u JOIN LATERAL (SELECT o.total FROM orders o WHERE o.user_id = u.id) AS x ON x.total > u.age;
-- users.name -> = : IDENTITY
-- orders.total -> = : IDENTITY
-- orders.user_id, users.id -> * : FILTER
-- orders.total, users.age -> * : JOIN

-- case: lateral of DuckDB needs no word | duckdb
SELECT u.name, x.total FROM users u, (SELECT o.total FROM orders o WHERE o.user_id = u.id) AS x;
-- users.name -> = : IDENTITY
-- orders.total -> = : IDENTITY
-- orders.user_id, users.id -> * : FILTER

-- case: a series per row | postgres
SELECT p.amount, g.n FROM payments p CROSS JOIN LATERAL generate_series(1, p.amount) AS g(n);
-- payments.amount -> = : IDENTITY
-- payments.amount -> n : TRANSFORMATION
-- payments.amount -> * : JOIN

-- case: lateral view explode | spark
SELECT p.title, t.tag FROM posts p LATERAL VIEW explode(p.tags) t AS tag;
-- posts.title -> = : IDENTITY
-- posts.tags -> tag : TRANSFORMATION
-- posts.tags -> * : JOIN

-- case: lateral view posexplode | hive
SELECT title, pos, tag FROM posts LATERAL VIEW posexplode(tags) t AS pos, tag;
-- posts.title -> = : IDENTITY
-- posts.tags -> pos, tag : TRANSFORMATION
-- posts.tags -> * : JOIN

-- case: lateral flatten | snowflake
SELECT p.title, f.value AS tag FROM posts AS p, LATERAL FLATTEN(INPUT => p.tags) AS f;
-- POSTS.TITLE -> TITLE : IDENTITY
-- POSTS.TAGS -> TAG : TRANSFORMATION
-- POSTS.TAGS -> * : JOIN

-- case: lateral in a CTE | postgres
WITH x AS (SELECT u.id, l.small FROM users u, LATERAL (SELECT lower(u.name) AS small) AS l) SELECT small FROM x;
-- users.name -> small : TRANSFORMATION

-- case: values per row | postgres
SELECT c.id, v.kind, v.addr FROM contacts c CROSS JOIN LATERAL (VALUES ('mail', c.email), ('phone', c.phone)) AS v(kind, addr);
-- contacts.id -> id : IDENTITY
-- contacts.{email,phone} -> addr : IDENTITY

-- case: the last order of each user with its product | postgres
SELECT u.name, l.product FROM users u CROSS JOIN LATERAL (SELECT p.name AS product FROM orders o JOIN products p ON p.id = o.product_id WHERE o.user_id = u.id ORDER BY o.id DESC LIMIT 1) AS l;
-- users.name -> = : IDENTITY
-- products.name -> product : IDENTITY
-- orders.product_id, products.id -> * : JOIN
-- orders.user_id, users.id -> * : FILTER
-- orders.id -> * : SORT

-- case: apply over values | tsql
SELECT c.id, MAX(v.x) AS m FROM contacts AS c CROSS APPLY (VALUES (c.email), (c.phone)) AS v(x) GROUP BY c.id;
-- contacts.id -> id : IDENTITY
-- contacts.{email,phone} -> m : AGGREGATION
-- contacts.id -> * : GROUP_BY
