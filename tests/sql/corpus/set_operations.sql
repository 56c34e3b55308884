-- case: union all
SELECT email FROM users UNION ALL SELECT phone FROM contacts;
-- users.email, contacts.phone -> email : IDENTITY

-- case: union
SELECT email FROM users UNION SELECT email FROM contacts;
-- users.email, contacts.email -> email : IDENTITY
-- users.email, contacts.email -> * : GROUP_BY

-- case: union of two columns
SELECT id, name FROM users UNION SELECT id, email FROM contacts;
-- users.id, contacts.id -> id : IDENTITY
-- users.name, contacts.email -> name : IDENTITY
-- users.{id,name}, contacts.{id,email} -> * : GROUP_BY

-- case: the first branch names the columns
SELECT email AS addr FROM users UNION ALL SELECT email AS other FROM contacts;
-- users.email, contacts.email -> addr : IDENTITY

-- case: three branches
SELECT name FROM users UNION ALL SELECT name FROM products UNION ALL SELECT title FROM posts;
-- users.name, products.name, posts.title -> name : IDENTITY

-- case: branches of unlike kind
SELECT age AS n FROM users UNION ALL SELECT count(id) FROM orders;
-- users.age -> n : IDENTITY
-- orders.id -> n : AGGREGATION

-- case: one table in both branches
SELECT email AS e FROM users UNION ALL SELECT lower(email) FROM users;
-- users.email -> e : TRANSFORMATION

-- case: a constant in a branch
SELECT email, 'user' AS origin FROM users UNION ALL SELECT email, phone FROM contacts;
-- users.email, contacts.email -> email : IDENTITY
-- contacts.phone -> origin : IDENTITY

-- case: filters of the branches
SELECT email FROM users WHERE age > 3 UNION ALL SELECT email FROM contacts WHERE phone IS NULL;
-- users.email, contacts.email -> email : IDENTITY
-- users.age, contacts.phone -> * : FILTER

-- case: sorted as a whole
SELECT email FROM users UNION ALL SELECT email FROM contacts ORDER BY email;
-- users.email, contacts.email -> email : IDENTITY
-- users.email, contacts.email -> * : SORT

-- case: intersect
SELECT email FROM users INTERSECT SELECT email FROM contacts;
-- users.email -> email : IDENTITY
-- users.email, contacts.email -> * : GROUP_BY

-- case: except
SELECT id, email FROM users EXCEPT SELECT id, email FROM contacts;
-- users.{id,email} -> = : IDENTITY
-- users.{id,email}, contacts.{id,email} -> * : GROUP_BY

-- case: except all | postgres
SELECT email FROM users EXCEPT ALL SELECT email FROM contacts;
-- users.email -> email : IDENTITY
-- users.email, contacts.email -> * : GROUP_BY

-- case: minus of Oracle's kind | spark
SELECT email FROM users MINUS SELECT email FROM contacts;
-- users.email -> email : IDENTITY
-- users.email, contacts.email -> * : GROUP_BY

-- case: mixed with parentheses | postgres
(SELECT email FROM users UNION ALL SELECT email FROM contacts) EXCEPT SELECT message FROM log;
-- users.email, contacts.email -> email : IDENTITY
-- users.email, contacts.email, log.message -> * : GROUP_BY

-- case: in a CTE and aggregated
WITH every AS (SELECT email FROM users UNION ALL SELECT email FROM contacts) SELECT email, count(*) AS n FROM every GROUP BY email;
-- users.email, contacts.email -> email : IDENTITY
-- users.email, contacts.email -> * : GROUP_BY
-- users.*, contacts.* -> n : AGGREGATION

-- case: in a condition
SELECT name FROM users WHERE id IN (SELECT user_id FROM orders UNION ALL SELECT contact_id FROM payments);
-- users.name -> = : IDENTITY
-- users.id, orders.user_id, payments.contact_id -> * : FILTER

-- case: by name | duckdb
SELECT id, email FROM users UNION ALL BY NAME SELECT email, id FROM contacts;
-- users.id, contacts.id -> id : IDENTITY
-- users.email, contacts.email -> email : IDENTITY

-- case: distinct spelled out | bigquery
SELECT email FROM users UNION DISTINCT SELECT email FROM contacts;
-- users.email, contacts.email -> email : IDENTITY
-- users.email, contacts.email -> * : GROUP_BY

-- case: all columns of both
SELECT * FROM contacts UNION ALL SELECT * FROM archive;
-- contacts.{id,email,phone}, archive.{id,email,phone} -> = : IDENTITY

-- case: limits in the branches
(SELECT email FROM users ORDER BY age LIMIT 3) UNION ALL (SELECT email FROM contacts ORDER BY id LIMIT 3);
-- users.email, contacts.email -> email : IDENTITY
-- users.age, contacts.id -> * : SORT

-- case: union inside a join
SELECT u.name, x.e FROM users u JOIN (SELECT id AS i, email AS e FROM contacts UNION SELECT id, message FROM log) AS x ON x.i = u.id;
-- users.name -> = : IDENTITY
-- contacts.email, log.message -> e : IDENTITY
-- users.id, contacts.id, log.id -> * : JOIN
-- contacts.{id,email}, log.{id,message} -> * : GROUP_BY

-- case: intersect inside in
SELECT name FROM users WHERE id IN (SELECT user_id FROM orders INTERSECT SELECT contact_id FROM payments);
-- users.name -> = : IDENTITY
-- users.id, orders.user_id, payments.contact_id -> * : FILTER

-- case: union sorted by position and cut
SELECT id, email FROM users UNION ALL SELECT id, phone FROM contacts ORDER BY 2 DESC LIMIT 5;
-- users.id, contacts.id -> id : IDENTITY
-- users.email, contacts.phone -> email : IDENTITY
-- users.email, contacts.phone -> * : SORT

-- case: masked in one branch and clear in the other of one table
SELECT md5(email) AS e FROM users WHERE age < 18 UNION ALL SELECT email FROM users WHERE age >= 18;
-- users.email -> e : TRANSFORMATION
-- users.age -> * : FILTER

-- case: union and then union all
SELECT name FROM users UNION SELECT name FROM products UNION ALL SELECT title FROM posts;
-- users.name, products.name, posts.title -> name : IDENTITY
-- users.name, products.name -> * : GROUP_BY
