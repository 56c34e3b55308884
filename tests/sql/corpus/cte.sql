-- case: one CTE
WITH adults AS (SELECT email FROM users WHERE age > 17) SELECT email FROM adults;
-- users.email -> = : IDENTITY
-- users.age -> * : FILTER

-- case: a CTE's column renamed outside
WITH x AS (SELECT email AS addr FROM users) SELECT addr AS contact FROM x;
-- users.email -> contact : IDENTITY

-- case: names of the CTE's own
WITH x(a, b) AS (SELECT email, name FROM users) SELECT b, a FROM x;
-- users.email -> a : IDENTITY
-- users.name -> b : IDENTITY

-- case: a column that stays inside
WITH x AS (SELECT email, name FROM users) SELECT name FROM x;
-- users.name -> = : IDENTITY

-- case: transformed inside, taken outside
WITH x AS (SELECT lower(email) AS e FROM users) SELECT e FROM x;
-- users.email -> e : TRANSFORMATION

-- case: taken inside, aggregated outside
WITH x AS (SELECT country, age AS years FROM users) SELECT country, avg(years) AS mean FROM x GROUP BY country;
-- users.country -> = : IDENTITY
-- users.age -> mean : AGGREGATION
-- users.country -> * : GROUP_BY

-- case: aggregated inside, transformed outside
WITH x AS (SELECT user_id, sum(total) AS spent FROM orders GROUP BY user_id) SELECT spent * 2 AS twice FROM x;
-- orders.total -> twice : AGGREGATION
-- orders.user_id -> * : GROUP_BY

-- case: a chain of two
WITH a AS (SELECT id, total FROM orders WHERE status = 'paid'), b AS (SELECT id, total + 1 AS more FROM a) SELECT more FROM b;
-- orders.total -> more : TRANSFORMATION
-- orders.status -> * : FILTER

-- case: two joined
WITH u AS (SELECT id, email FROM users), o AS (SELECT user_id, total FROM orders) SELECT u.email, o.total FROM u JOIN o ON o.user_id = u.id;
-- users.email -> = : IDENTITY
-- orders.total -> = : IDENTITY
-- users.id, orders.user_id -> * : JOIN

-- case: one used twice
WITH x AS (SELECT id, boss_id, name FROM employees) SELECT a.name AS worker, b.name AS boss FROM x a JOIN x b ON a.boss_id = b.id;
-- employees.name -> worker, boss : IDENTITY
-- employees.{id,boss_id} -> * : JOIN

-- case: a CTE that hides a table
WITH users AS (SELECT id, title FROM posts) SELECT title FROM users;
-- posts.title -> = : IDENTITY

-- case: a CTE of the name of the table it reads
WITH contacts AS (SELECT email FROM contacts) SELECT email FROM contacts;
-- contacts.email -> = : IDENTITY

-- case: a CTE nobody reads
WITH unread AS (SELECT phone FROM contacts WHERE id = 1) SELECT email FROM users;
-- users.email -> = : IDENTITY

-- case: a CTE inside a CTE
WITH x AS (WITH y AS (SELECT email FROM users) SELECT email AS e FROM y) SELECT e FROM x;
-- users.email -> e : IDENTITY

-- case: a CTE inside a subquery
SELECT e FROM (WITH y AS (SELECT email AS e FROM users) SELECT e FROM y) AS x;
-- users.email -> e : IDENTITY

-- case: a join inside a CTE
WITH x AS (SELECT u.email, o.total FROM users u JOIN orders o ON o.user_id = u.id) SELECT email FROM x WHERE total > 10;
-- users.email -> = : IDENTITY
-- users.id, orders.user_id -> * : JOIN
-- orders.total -> * : FILTER

-- case: sorted and cut inside a CTE
WITH x AS (SELECT email FROM users ORDER BY age LIMIT 3) SELECT email FROM x;
-- users.email -> = : IDENTITY
-- users.age -> * : SORT

-- case: a CTE in a condition
WITH rich AS (SELECT user_id FROM orders WHERE total > 100) SELECT email FROM users WHERE id IN (SELECT user_id FROM rich);
-- users.email -> = : IDENTITY
-- users.id, orders.{user_id,total} -> * : FILTER

-- case: a materialised CTE | postgres
WITH x AS MATERIALIZED (SELECT email FROM users) SELECT email FROM x;
-- users.email -> = : IDENTITY

-- case: a CTE of values
WITH v(n) AS (VALUES (1), (2)) SELECT u.email, v.n FROM users u JOIN v ON v.n = u.id;
-- users.email -> = : IDENTITY
-- users.id -> * : JOIN

-- case: a CTE read in a subquery of another CTE
WITH paid AS (SELECT user_id, total FROM orders WHERE status = 'paid'), big AS (SELECT id, name FROM users WHERE id IN (SELECT user_id FROM paid WHERE total > 3)) SELECT name FROM big;
-- users.name -> = : IDENTITY
-- orders.{status,user_id,total}, users.id -> * : FILTER

-- case: a window in one, an aggregate over it in the next
WITH r AS (SELECT user_id, total, row_number() OVER (PARTITION BY user_id ORDER BY id) AS n FROM orders), f AS (SELECT user_id, total FROM r WHERE n = 1) SELECT sum(total) AS s FROM f;
-- orders.total -> s : AGGREGATION
-- orders.{user_id,id} -> * : FILTER

-- case: one name at two depths
WITH x AS (SELECT email FROM users) SELECT e FROM (WITH x AS (SELECT phone AS e FROM contacts) SELECT e FROM x) AS y;
-- contacts.phone -> e : IDENTITY

-- case: an outer CTE seen from a subquery in the select list
WITH m AS (SELECT max(total) AS top FROM orders) SELECT name, (SELECT top FROM m) AS top FROM users;
-- users.name -> = : IDENTITY
-- orders.total -> top : AGGREGATION

-- case: a CTE joined to the table it is made of
WITH spent AS (SELECT user_id, sum(total) AS s FROM orders GROUP BY user_id) SELECT o.id, o.total * 100 / p.s AS share FROM orders o JOIN spent p ON p.user_id = o.user_id;
-- orders.id -> id : IDENTITY
-- orders.total -> share : AGGREGATION
-- orders.user_id -> * : GROUP_BY JOIN

-- case: a constant column filtered outside
WITH x AS (SELECT 'a' AS k, email FROM users UNION ALL SELECT 'b', email FROM contacts) SELECT email FROM x WHERE k = 'a';
-- users.email, contacts.email -> email : IDENTITY
