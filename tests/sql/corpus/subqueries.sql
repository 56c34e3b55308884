-- case: in from
SELECT e FROM (SELECT email AS e FROM users) AS x;
-- users.email -> e : IDENTITY

-- case: in from, two deep
SELECT f FROM (SELECT e AS f FROM (SELECT lower(email) AS e FROM users WHERE age > 3) AS x) AS y;
-- users.email -> f : TRANSFORMATION
-- users.age -> * : FILTER

-- case: in the select list
SELECT name, (SELECT max(total) FROM orders) AS top FROM users;
-- users.name -> = : IDENTITY
-- orders.total -> top : AGGREGATION

-- case: in the select list with a filter of its own
SELECT name, (SELECT max(total) FROM orders WHERE status = 'paid') AS top FROM users;
-- users.name -> = : IDENTITY
-- orders.total -> top : AGGREGATION
-- orders.status -> top : FILTER

-- case: in the select list inside an expression
SELECT total - (SELECT avg(total) FROM orders) AS above FROM orders;
-- orders.total -> above : AGGREGATION

-- case: in the select list sorted and cut
SELECT (SELECT email FROM users ORDER BY age LIMIT 1) AS youngest;
-- users.email -> youngest : IDENTITY
-- users.age -> youngest : SORT

-- case: in with one column
SELECT email FROM users WHERE id IN (SELECT user_id FROM orders);
-- users.email -> = : IDENTITY
-- users.id, orders.user_id -> * : FILTER

-- case: not in with a filter inside
SELECT email FROM users WHERE id NOT IN (SELECT user_id FROM orders WHERE total > 5);
-- users.email -> = : IDENTITY
-- users.id, orders.{user_id,total} -> * : FILTER

-- case: a join inside a condition
SELECT email FROM users WHERE id IN (SELECT o.user_id FROM orders o JOIN products p ON p.id = o.product_id WHERE p.category = 'a');
-- users.email -> = : IDENTITY
-- users.id, orders.{user_id,product_id}, products.{id,category} -> * : FILTER

-- case: compared with one value
SELECT name FROM users WHERE age > (SELECT avg(age) FROM users);
-- users.name -> = : IDENTITY
-- users.age -> * : FILTER

-- case: compared with any
SELECT name FROM products WHERE price > ANY (SELECT total FROM orders);
-- products.name -> = : IDENTITY
-- products.price, orders.total -> * : FILTER

-- case: compared with all
SELECT name FROM products WHERE price >= ALL (SELECT total FROM orders WHERE status = 'paid');
-- products.name -> = : IDENTITY
-- products.price, orders.{total,status} -> * : FILTER

-- case: in as a value
SELECT name, id IN (SELECT user_id FROM orders) AS buys FROM users;
-- users.name -> = : IDENTITY
-- users.id -> buys : TRANSFORMATION
-- orders.user_id -> buys : FILTER

-- case: exists as a value
SELECT name, EXISTS (SELECT 1 FROM orders WHERE total > 9) AS any_big FROM users;
-- users.name -> = : IDENTITY
-- orders.total -> any_big : FILTER

-- case: exists as a condition
SELECT name FROM users WHERE EXISTS (SELECT 1 FROM orders WHERE status = 'paid');
-- users.name -> = : IDENTITY
-- orders.status -> * : FILTER

-- case: in having
SELECT user_id FROM orders GROUP BY user_id HAVING sum(total) > (SELECT avg(price) FROM products);
-- orders.user_id -> = : IDENTITY
-- orders.user_id -> * : GROUP_BY
-- orders.total, products.price -> * : FILTER

-- case: in order by
SELECT name FROM users ORDER BY (SELECT max(total) FROM orders WHERE user_id = users.id);
-- users.name -> = : IDENTITY
-- orders.{total,user_id}, users.id -> * : SORT

-- case: in a join's condition
SELECT u.name FROM users u JOIN orders o ON o.user_id = u.id AND o.total > (SELECT avg(price) FROM products);
-- users.name -> = : IDENTITY
-- orders.{user_id,total}, users.id, products.price -> * : JOIN

-- case: in a case's condition
SELECT CASE WHEN id IN (SELECT user_id FROM orders) THEN email END AS e FROM users;
-- users.email -> e : IDENTITY
-- users.id, orders.user_id -> e : CONDITIONAL

-- case: in a case's value
SELECT CASE WHEN age > 3 THEN (SELECT max(total) FROM orders) ELSE 0 END AS top FROM users;
-- orders.total -> top : AGGREGATION
-- users.age -> top : CONDITIONAL

-- case: in a function's argument
SELECT coalesce((SELECT min(price) FROM products), 0) AS low FROM users;
-- products.price -> low : AGGREGATION CONDITIONAL

-- case: a pair in a condition | postgres
SELECT name FROM users WHERE (id, age) IN (SELECT user_id, total FROM orders);
-- users.name -> = : IDENTITY
-- users.{id,age}, orders.{user_id,total} -> * : FILTER

-- case: an array of a query | duckdb
SELECT ARRAY(SELECT email FROM users WHERE age > 3) AS mails;
-- users.email -> mails : TRANSFORMATION
-- users.age -> mails : FILTER

-- case: in limit | postgres
SELECT name FROM users ORDER BY id LIMIT (SELECT max(total) FROM orders);
-- users.name -> = : IDENTITY
-- users.id -> * : SORT
-- orders.total -> * : FILTER

-- case: in the select list of an aggregate query
SELECT country, count(id) AS n, (SELECT max(total) FROM orders) AS top FROM users GROUP BY country;
-- users.country -> = : IDENTITY
-- users.id -> n : AGGREGATION
-- orders.total -> top : AGGREGATION
-- users.country -> * : GROUP_BY

-- case: in from, joined with another in from
SELECT a.n, b.m FROM (SELECT id, upper(name) AS n FROM users) AS a LEFT JOIN (SELECT user_id, max(total) AS m FROM orders GROUP BY user_id) AS b ON a.id = b.user_id;
-- users.name -> n : TRANSFORMATION
-- orders.total -> m : AGGREGATION
-- users.id, orders.user_id -> * : JOIN
-- orders.user_id -> * : GROUP_BY

-- case: in group by and having with a correlated one
SELECT team, count(id) AS n FROM employees e GROUP BY team HAVING count(id) > (SELECT count(id) FROM users u WHERE u.country = team);
-- employees.team -> = : IDENTITY
-- employees.id -> n : AGGREGATION
-- employees.team -> * : GROUP_BY FILTER
-- employees.id, users.{id,country} -> * : FILTER

-- case: compared on both sides
SELECT name FROM users WHERE (SELECT max(total) FROM orders) > (SELECT min(price) FROM products WHERE category = 'a');
-- users.name -> = : IDENTITY
-- orders.total, products.{price,category} -> * : FILTER

-- case: between two of them
SELECT name FROM users WHERE age BETWEEN (SELECT min(total) FROM orders) AND (SELECT max(price) FROM products);
-- users.name -> = : IDENTITY
-- users.age, orders.total, products.price -> * : FILTER

-- case: distinct inside in
SELECT name FROM users WHERE id IN (SELECT DISTINCT user_id FROM orders WHERE product_id IS NOT NULL);
-- users.name -> = : IDENTITY
-- users.id, orders.{user_id,product_id} -> * : FILTER

-- case: a scalar subquery of a scalar subquery
SELECT (SELECT max(total) FROM orders WHERE user_id = (SELECT min(id) FROM users WHERE country = 'DE')) AS top;
-- orders.total -> top : AGGREGATION
-- orders.user_id, users.{id,country} -> top : FILTER

-- case: a union inside a scalar subquery
SELECT name, (SELECT max(v) FROM (SELECT total AS v FROM orders UNION ALL SELECT price FROM products) AS x) AS top FROM users;
-- users.name -> = : IDENTITY
-- orders.total, products.price -> top : AGGREGATION

-- case: a join inside a scalar subquery
SELECT (SELECT sum(o.total) FROM orders o JOIN users u ON u.id = o.user_id WHERE u.country = 'DE') AS s;
-- orders.total -> s : AGGREGATION
-- orders.user_id, users.id -> s : JOIN
-- users.country -> s : FILTER

-- case: grouped and cut inside a scalar subquery
SELECT (SELECT user_id FROM orders GROUP BY user_id ORDER BY sum(total) DESC LIMIT 1) AS best;
-- orders.user_id -> best : IDENTITY GROUP_BY
-- orders.total -> best : SORT
