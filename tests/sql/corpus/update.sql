-- case: constants
UPDATE users SET name = 'x' WHERE id = 1;
-- users.id -> users.* : FILTER

-- case: from a column of its own
UPDATE users SET name = email;
-- users.email -> users.name : IDENTITY

-- case: from itself
UPDATE users SET age = age + 1 WHERE country = 'DE';
-- users.age -> users.age : TRANSFORMATION
-- users.country -> users.* : FILTER

-- case: several columns
UPDATE contacts SET email = lower(email), phone = email || phone WHERE id > 3;
-- contacts.email -> contacts.email : TRANSFORMATION
-- contacts.{email,phone} -> contacts.phone : TRANSFORMATION
-- contacts.id -> contacts.* : FILTER

-- case: a subquery as the value
UPDATE totals SET total = (SELECT sum(o.total) FROM orders o WHERE o.user_id = totals.user_id) WHERE user_id > 2;
-- orders.total -> totals.total : AGGREGATION
-- orders.user_id, totals.user_id -> totals.total : FILTER
-- totals.user_id -> totals.* : FILTER

-- case: a subquery in the condition
UPDATE users SET name = 'x' WHERE id IN (SELECT user_id FROM orders WHERE total > 9);
-- users.id, orders.{user_id,total} -> users.* : FILTER

-- case: from another table | postgres
UPDATE copies c SET email = u.email FROM users u WHERE u.id = c.id;
-- users.email -> copies.email : IDENTITY
-- users.id, copies.id -> copies.* : FILTER

-- case: from a join | postgres
UPDATE totals t SET total = t.total + o.total FROM users u JOIN orders o ON o.user_id = u.id WHERE u.id = t.user_id;
-- totals.total, orders.total -> totals.total : TRANSFORMATION
-- orders.user_id, users.id -> totals.* : JOIN
-- users.id, totals.user_id -> totals.* : FILTER

-- case: from a subquery | postgres
UPDATE totals SET total = s.spent FROM (SELECT user_id, sum(total) AS spent FROM orders GROUP BY user_id) AS s WHERE s.user_id = totals.user_id;
-- orders.total -> totals.total : AGGREGATION
-- orders.user_id -> totals.* : GROUP_BY FILTER
-- totals.user_id -> totals.* : FILTER

-- case: from a CTE | postgres
WITH s AS (SELECT user_id, max(total) AS top FROM orders GROUP BY user_id) UPDATE totals SET total = s.top FROM s WHERE s.user_id = totals.user_id;
-- orders.total -> totals.total : AGGREGATION
-- orders.user_id -> totals.* : GROUP_BY FILTER
-- totals.user_id -> totals.* : FILTER

-- case: a row at once | postgres
UPDATE copies SET (email, phone) = (SELECT email, name FROM users WHERE users.id = copies.id);
-- users.email -> copies.email : IDENTITY
-- users.name -> copies.phone : IDENTITY
-- users.id, copies.id -> copies.email, copies.phone : FILTER

-- case: returning | postgres
UPDATE users SET name = upper(name) WHERE id = 1 RETURNING email;
-- users.name -> users.name : TRANSFORMATION
-- users.id -> users.*, * : FILTER
-- users.email -> email : IDENTITY

-- case: two tables joined | mysql
UPDATE copies c JOIN users u ON u.id = c.id SET c.email = u.email WHERE u.age > 3;
-- users.email -> copies.email : IDENTITY
-- users.id, copies.id -> copies.* : JOIN
-- users.age -> copies.* : FILTER

-- case: two tables by a comma | mysql
UPDATE copies c, users u SET c.phone = u.name WHERE u.id = c.id;
-- users.name -> copies.phone : IDENTITY
-- users.id, copies.id -> copies.* : FILTER

-- case: update from of T-SQL | tsql
UPDATE c SET c.email = u.email FROM copies AS c JOIN users AS u ON u.id = c.id;
-- users.email -> copies.email : IDENTITY
-- users.id, copies.id -> copies.* : JOIN

-- case: update from of SQLite | sqlite
UPDATE copies SET email = u.email FROM users AS u WHERE u.id = copies.id;
-- users.email -> copies.email : IDENTITY
-- users.id, copies.id -> copies.* : FILTER

-- case: update from of BigQuery | bigquery
UPDATE copies AS c SET email = u.email FROM users AS u WHERE u.id = c.id;
-- users.email -> copies.email : IDENTITY
-- users.id, copies.id -> copies.* : FILTER

-- case: update from of Snowflake | snowflake
UPDATE copies SET email = u.email FROM users AS u WHERE u.id = copies.id;
-- USERS.EMAIL -> COPIES.EMAIL : IDENTITY
-- USERS.ID, COPIES.ID -> COPIES.* : FILTER

-- case: a case as the value
UPDATE users SET name = CASE WHEN age > 17 THEN email ELSE name END;
-- users.{email,name} -> users.name : IDENTITY
-- users.age -> users.name : CONDITIONAL

-- case: masked in place
UPDATE users SET email = md5(email);
-- users.email -> users.email : TRANSFORMATION masked

-- case: a join in from with an alias of the target | postgres
UPDATE copies AS c SET email = u.email, phone = k.phone FROM users AS u LEFT JOIN contacts AS k ON k.id = u.id WHERE c.id = u.id AND u.country = 'DE';
-- users.email -> copies.email : IDENTITY
-- contacts.phone -> copies.phone : IDENTITY
-- users.id, contacts.id -> copies.* : JOIN
-- users.{id,country}, copies.id -> copies.* : FILTER

-- case: coalesce keeps what is there
UPDATE users SET name = coalesce(name, email);
-- users.{name,email} -> users.name : IDENTITY
-- users.name -> users.name : CONDITIONAL

-- case: a default and a constant | postgres
UPDATE users SET name = DEFAULT, country = 'x' WHERE age IS NULL;
-- users.age -> users.* : FILTER

-- case: exists in the condition
UPDATE users SET country = 'x' WHERE EXISTS (SELECT 1 FROM orders o WHERE o.user_id = users.id AND o.status = 'void');
-- users.id, orders.{user_id,status} -> users.* : FILTER

-- case: a swap
UPDATE contacts SET email = phone, phone = email;
-- contacts.phone -> contacts.email : IDENTITY
-- contacts.email -> contacts.phone : IDENTITY

-- case: with a CTE of T-SQL | tsql
WITH s AS (SELECT user_id, SUM(total) AS spent FROM orders GROUP BY user_id) UPDATE t SET t.total = s.spent FROM totals AS t INNER JOIN s ON s.user_id = t.user_id;
-- orders.total -> totals.total : AGGREGATION
-- orders.user_id -> totals.* : GROUP_BY JOIN
-- totals.user_id -> totals.* : JOIN

-- case: a left join of MySQL | mysql
UPDATE users AS u LEFT JOIN orders AS o ON o.user_id = u.id SET u.country = 'x' WHERE o.id IS NULL;
-- users.id, orders.user_id -> users.* : JOIN
-- orders.id -> users.* : FILTER

-- case: JSON set | postgres
UPDATE events SET payload = payload || '{"seen": true}' WHERE payload ->> 'kind' = 'a';
-- events.payload -> events.payload : TRANSFORMATION
-- events.payload -> events.* : FILTER

-- case: output into columns of another table | tsql
UPDATE c SET c.email = u.email OUTPUT deleted.email, inserted.id INTO audit (mail, id) FROM copies c INNER JOIN users u ON u.id = c.id WHERE u.age > 3;
-- users.email -> copies.email : IDENTITY
-- copies.email -> audit.mail : IDENTITY
-- copies.id -> audit.id : IDENTITY
-- users.id, copies.id -> copies.*, audit.* : JOIN
-- users.age -> copies.*, audit.* : FILTER
