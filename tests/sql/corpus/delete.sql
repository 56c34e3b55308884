-- case: all
DELETE FROM users;

-- case: a condition
DELETE FROM users WHERE age < 18 AND country = 'DE';
-- users.{age,country} -> users.* : FILTER

-- case: a subquery
DELETE FROM users WHERE id IN (SELECT user_id FROM orders WHERE status = 'void');
-- users.id, orders.{user_id,status} -> users.* : FILTER

-- case: compared with an aggregate
DELETE FROM orders WHERE total < (SELECT avg(price) FROM products);
-- orders.total, products.price -> orders.* : FILTER

-- case: using | postgres
DELETE FROM orders o USING users u WHERE u.id = o.user_id AND u.age < 18;
-- users.{id,age}, orders.user_id -> orders.* : FILTER

-- case: using a join | postgres
DELETE FROM orders USING users u JOIN contacts c ON c.id = u.id WHERE u.id = orders.user_id;
-- users.id, contacts.id -> orders.* : JOIN
-- users.id, orders.user_id -> orders.* : FILTER

-- case: with a CTE | postgres
WITH young AS (SELECT id FROM users WHERE age < 18) DELETE FROM orders WHERE user_id IN (SELECT id FROM young);
-- orders.user_id, users.{id,age} -> orders.* : FILTER

-- case: returning | postgres
DELETE FROM users WHERE age < 18 RETURNING email;
-- users.age -> users.*, * : FILTER
-- users.email -> email : IDENTITY

-- case: moved by a CTE that deletes | postgres
WITH gone AS (DELETE FROM contacts WHERE id < 3 RETURNING id, email, phone) INSERT INTO archive SELECT id, email, phone FROM gone;
-- contacts.{id,email,phone} -> archive.= : IDENTITY
-- contacts.id -> archive.*, contacts.* : FILTER

-- case: a joined table | mysql
DELETE o FROM orders o JOIN users u ON u.id = o.user_id WHERE u.age < 18;
-- users.id, orders.user_id -> orders.* : JOIN
-- users.age -> orders.* : FILTER

-- case: a joined table of T-SQL | tsql
DELETE o FROM orders AS o JOIN users AS u ON u.id = o.user_id;
-- users.id, orders.user_id -> orders.* : JOIN

-- case: sorted and cut | mysql
DELETE FROM log WHERE message = 'x' ORDER BY id LIMIT 10;
-- log.message -> log.* : FILTER
-- log.id -> log.* : SORT

-- case: using of Snowflake | snowflake
DELETE FROM orders USING users WHERE users.id = orders.user_id;
-- USERS.ID, ORDERS.USER_ID -> ORDERS.* : FILTER

-- case: in BigQuery a condition is a must | bigquery
DELETE FROM users WHERE TRUE;

-- case: truncate
TRUNCATE TABLE users;

-- case: duplicates by a window
DELETE FROM contacts WHERE id IN (SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY email ORDER BY id) AS n FROM contacts) AS x WHERE n > 1);
-- contacts.{id,email} -> contacts.* : FILTER

-- case: with an alias | postgres
DELETE FROM users AS u WHERE u.age < 18 OR u.email IS NULL;
-- users.{age,email} -> users.* : FILTER

-- case: not in with a union
DELETE FROM log WHERE id NOT IN (SELECT id FROM users UNION SELECT id FROM contacts);
-- log.id, users.id, contacts.id -> log.* : FILTER

-- case: returning all | postgres
DELETE FROM contacts WHERE id = 1 RETURNING *;
-- contacts.{id,email,phone} -> = : IDENTITY
-- contacts.id -> contacts.*, * : FILTER

-- case: of several tables | mysql
DELETE u, o FROM users u JOIN orders o ON o.user_id = u.id WHERE u.age < 18;
-- users.id, orders.user_id -> users.*, orders.* : JOIN
-- users.age -> users.*, orders.* : FILTER
