-- case: a value per row
SELECT name, (SELECT sum(o.total) FROM orders o WHERE o.user_id = u.id) AS spent FROM users u;
-- users.name -> = : IDENTITY
-- orders.total -> spent : AGGREGATION
-- orders.user_id, users.id -> spent : FILTER

-- case: a value per row without qualifiers
SELECT name, (SELECT max(total) FROM orders WHERE user_id = users.id) AS top FROM users;
-- users.name -> = : IDENTITY
-- orders.total -> top : AGGREGATION
-- orders.user_id, users.id -> top : FILTER

-- case: an outer column that only the outer table has
SELECT name, (SELECT count(*) FROM orders WHERE total > age) AS n FROM users;
-- users.name -> = : IDENTITY
-- orders.total, users.age -> n : FILTER
-- orders.* -> n : AGGREGATION

-- case: an inner column hides the outer one
SELECT name, (SELECT max(id) FROM orders) AS top FROM users;
-- users.name -> = : IDENTITY
-- orders.id -> top : AGGREGATION

-- case: the outer column is the value
SELECT id, (SELECT u.email FROM orders o WHERE o.id = 1) AS e FROM users u;
-- users.id -> id : IDENTITY
-- users.email -> e : IDENTITY
-- orders.id -> e : FILTER

-- case: the outer column within the value
SELECT (SELECT max(o.total + u.age) FROM orders o) AS top FROM users u;
-- orders.total, users.age -> top : AGGREGATION

-- case: exists
SELECT email FROM users u WHERE EXISTS (SELECT 1 FROM orders o WHERE o.user_id = u.id);
-- users.email -> = : IDENTITY
-- users.id, orders.user_id -> * : FILTER

-- case: not exists with more conditions
SELECT email FROM users u WHERE NOT EXISTS (SELECT o.product_id FROM orders o WHERE o.user_id = u.id AND o.status = 'paid');
-- users.email -> = : IDENTITY
-- users.id, orders.{user_id,status} -> * : FILTER

-- case: compared per row
SELECT name FROM employees e WHERE salary > (SELECT avg(salary) FROM employees d WHERE d.team = e.team);
-- employees.name -> = : IDENTITY
-- employees.{salary,team} -> * : FILTER

-- case: in per row
SELECT name FROM users u WHERE 'paid' IN (SELECT status FROM orders o WHERE o.user_id = u.id);
-- users.name -> = : IDENTITY
-- orders.{status,user_id}, users.id -> * : FILTER

-- case: two levels out
SELECT name FROM users u WHERE EXISTS (SELECT 1 FROM orders o WHERE o.user_id = u.id AND EXISTS (SELECT 1 FROM products p WHERE p.id = o.product_id AND p.price > u.age));
-- users.name -> = : IDENTITY
-- users.{id,age}, orders.{user_id,product_id}, products.{id,price} -> * : FILTER

-- case: exists as a value per row
SELECT name, EXISTS (SELECT 1 FROM orders o WHERE o.user_id = u.id) AS buys FROM users u;
-- users.name -> = : IDENTITY
-- users.id, orders.user_id -> buys : FILTER

-- case: over a CTE
WITH o AS (SELECT user_id, total FROM orders WHERE status = 'paid') SELECT u.name, (SELECT sum(total) FROM o WHERE o.user_id = u.id) AS spent FROM users u;
-- users.name -> = : IDENTITY
-- orders.total -> spent : AGGREGATION
-- orders.{user_id,status}, users.id -> spent : FILTER

-- case: in a case's condition
SELECT CASE WHEN EXISTS (SELECT 1 FROM orders o WHERE o.user_id = u.id) THEN u.email ELSE u.name END AS shown FROM users u;
-- users.{email,name} -> shown : IDENTITY
-- users.id, orders.user_id -> shown : CONDITIONAL

-- case: used by an outer filter
SELECT name FROM (SELECT u.name, (SELECT sum(total) FROM orders o WHERE o.user_id = u.id) AS spent FROM users u) AS x WHERE spent > 10;
-- users.name -> = : IDENTITY
-- orders.{total,user_id}, users.id -> * : FILTER

-- case: in an update | postgres
UPDATE totals t SET total = (SELECT sum(o.total) FROM orders o WHERE o.user_id = t.user_id);
-- orders.total -> totals.total : AGGREGATION
-- orders.user_id, totals.user_id -> totals.total : FILTER

-- case: in a delete
DELETE FROM users WHERE NOT EXISTS (SELECT 1 FROM orders WHERE orders.user_id = users.id);
-- orders.user_id, users.id -> users.* : FILTER

-- case: through two subqueries at once
SELECT u.name, (SELECT max(p.price) FROM orders o JOIN products p ON p.id = o.product_id WHERE o.user_id = u.id) AS top FROM users u;
-- users.name -> = : IDENTITY
-- products.price -> top : AGGREGATION
-- products.id, orders.product_id -> top : JOIN
-- orders.user_id, users.id -> top : FILTER

-- case: inside a function and a sum
SELECT u.id, coalesce((SELECT sum(o.total) FROM orders o WHERE o.user_id = u.id), 0) + u.age AS x FROM users u;
-- users.id -> id : IDENTITY
-- orders.total -> x : AGGREGATION CONDITIONAL
-- users.age -> x : TRANSFORMATION
-- orders.user_id, users.id -> x : CONDITIONAL FILTER

-- case: outer column of a subquery in from
SELECT x.n FROM (SELECT id AS i, name AS n FROM users) AS x WHERE EXISTS (SELECT 1 FROM orders WHERE user_id = x.i);
-- users.name -> n : IDENTITY
-- users.id, orders.user_id -> * : FILTER

-- case: exists over a union
SELECT name FROM users u WHERE EXISTS (SELECT 1 FROM orders o WHERE o.user_id = u.id UNION ALL SELECT 1 FROM payments p WHERE p.contact_id = u.age);
-- users.name -> = : IDENTITY
-- users.{id,age}, orders.user_id, payments.contact_id -> * : FILTER

-- case: the same table inside and outside without aliases for the outer
SELECT name FROM employees WHERE salary = (SELECT max(e.salary) FROM employees e WHERE e.team = employees.team);
-- employees.name -> = : IDENTITY
-- employees.{salary,team} -> * : FILTER
