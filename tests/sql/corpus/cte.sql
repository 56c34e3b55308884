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
