-- case: update or insert | postgres
MERGE INTO copies c USING contacts s ON s.id = c.id WHEN MATCHED THEN UPDATE SET email = s.email WHEN NOT MATCHED THEN INSERT (id, email, phone) VALUES (s.id, s.email, s.phone);
-- contacts.{id,email,phone} -> copies.= : IDENTITY
-- contacts.id, copies.id -> copies.* : FILTER

-- case: update only | postgres
MERGE INTO totals t USING orders o ON o.user_id = t.user_id WHEN MATCHED THEN UPDATE SET total = t.total + o.total;
-- totals.total, orders.total -> totals.total : TRANSFORMATION
-- totals.user_id, orders.user_id -> totals.* : FILTER

-- case: insert only | postgres
MERGE INTO log l USING users u ON u.id = l.id WHEN NOT MATCHED THEN INSERT (id, message) VALUES (u.id, lower(u.email));
-- users.id -> log.id : IDENTITY
-- users.email -> log.message : TRANSFORMATION
-- users.id, log.id -> log.* : FILTER

-- case: delete | postgres
MERGE INTO copies c USING users u ON u.id = c.id WHEN MATCHED THEN DELETE;
-- users.id, copies.id -> copies.* : FILTER

-- case: more conditions | postgres
MERGE INTO copies c USING users u ON u.id = c.id WHEN MATCHED AND u.age < 18 THEN DELETE WHEN MATCHED AND u.country = 'DE' THEN UPDATE SET email = u.email WHEN NOT MATCHED AND u.name IS NOT NULL THEN INSERT (id) VALUES (u.id);
-- users.email -> copies.email : IDENTITY
-- users.id -> copies.id : IDENTITY
-- users.{id,age,country,name}, copies.id -> copies.* : FILTER

-- case: from a subquery | postgres
MERGE INTO totals t USING (SELECT user_id, sum(total) AS spent FROM orders GROUP BY user_id) s ON s.user_id = t.user_id WHEN MATCHED THEN UPDATE SET total = s.spent WHEN NOT MATCHED THEN INSERT (user_id, total) VALUES (s.user_id, s.spent);
-- orders.total -> totals.total : AGGREGATION
-- orders.user_id -> totals.user_id : IDENTITY
-- orders.user_id -> totals.* : GROUP_BY FILTER
-- totals.user_id -> totals.* : FILTER

-- case: do nothing | postgres
MERGE INTO log l USING users u ON u.id = l.id WHEN MATCHED THEN DO NOTHING WHEN NOT MATCHED THEN INSERT VALUES (u.id, u.email);
-- users.id -> log.id : IDENTITY
-- users.email -> log.message : IDENTITY
-- users.id, log.id -> log.* : FILTER

-- case: not matched by source | tsql
MERGE copies AS c USING users AS u ON u.id = c.id WHEN MATCHED THEN UPDATE SET c.email = u.email WHEN NOT MATCHED BY TARGET THEN INSERT (id, email) VALUES (u.id, u.email) WHEN NOT MATCHED BY SOURCE THEN DELETE;
-- users.{id,email} -> copies.= : IDENTITY
-- users.id, copies.id -> copies.* : FILTER

-- case: output | tsql
MERGE log AS l USING users AS u ON u.id = l.id WHEN NOT MATCHED THEN INSERT (id, message) VALUES (u.id, u.email) OUTPUT inserted.id;
-- users.id -> log.id : IDENTITY
-- users.email -> log.message : IDENTITY
-- users.id, log.id -> log.*, * : FILTER
-- log.id -> id : IDENTITY

-- case: insert row | bigquery
MERGE copies AS c USING contacts AS s ON s.id = c.id WHEN NOT MATCHED THEN INSERT ROW;
-- contacts.{id,email,phone} -> copies.= : IDENTITY
-- contacts.id, copies.id -> copies.* : FILTER

-- case: on false | bigquery
MERGE log AS l USING users AS u ON FALSE WHEN NOT MATCHED THEN INSERT (id, message) VALUES (id, email);
-- users.id -> log.id : IDENTITY
-- users.email -> log.message : IDENTITY

-- case: of Snowflake | snowflake
MERGE INTO copies USING users ON users.id = copies.id WHEN MATCHED AND users.age < 18 THEN DELETE WHEN NOT MATCHED THEN INSERT (id, email) VALUES (users.id, users.email);
-- USERS.{ID,EMAIL} -> COPIES.= : IDENTITY
-- USERS.{ID,AGE}, COPIES.ID -> COPIES.* : FILTER

-- case: all columns of Spark | spark
MERGE INTO copies c USING contacts s ON s.id = c.id WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *;
-- contacts.{id,email,phone} -> copies.= : IDENTITY
-- contacts.id, copies.id -> copies.* : FILTER

-- case: a case as the value | postgres
MERGE INTO copies c USING contacts s ON s.id = c.id WHEN MATCHED THEN UPDATE SET email = CASE WHEN s.phone IS NULL THEN s.email ELSE c.email END;
-- contacts.email, copies.email -> copies.email : IDENTITY
-- contacts.phone -> copies.email : CONDITIONAL
-- contacts.id, copies.id -> copies.* : FILTER

-- case: from a CTE of T-SQL | tsql
WITH s AS (SELECT id, email FROM users WHERE age > 3) MERGE INTO copies AS c USING s ON s.id = c.id WHEN MATCHED THEN UPDATE SET email = s.email;
-- users.email -> copies.email : IDENTITY
-- users.age -> copies.* : FILTER
-- users.id, copies.id -> copies.* : FILTER

-- case: of Trino | trino
MERGE INTO totals t USING orders o ON o.user_id = t.user_id WHEN MATCHED THEN UPDATE SET total = o.total WHEN NOT MATCHED THEN INSERT (user_id, total) VALUES (o.user_id, o.total);
-- orders.{user_id,total} -> totals.= : IDENTITY
-- orders.user_id, totals.user_id -> totals.* : FILTER

-- case: soft delete by source | tsql
MERGE INTO copies AS c USING (SELECT id, email FROM users WHERE age > 3) AS s ON c.id = s.id WHEN MATCHED AND c.email <> s.email THEN UPDATE SET email = s.email WHEN NOT MATCHED BY SOURCE AND c.phone IS NULL THEN DELETE;
-- users.email -> copies.email : IDENTITY
-- users.{age,id,email}, copies.{id,email,phone} -> copies.* : FILTER

-- case: a coalesced value and a constant | postgres
MERGE INTO copies AS c USING contacts AS s ON c.id = s.id WHEN MATCHED THEN UPDATE SET email = coalesce(s.email, c.email), phone = '-' WHEN NOT MATCHED THEN INSERT (id, email) VALUES (s.id, s.email);
-- contacts.id -> copies.id : IDENTITY
-- contacts.email, copies.email -> copies.email : IDENTITY
-- contacts.email -> copies.email : CONDITIONAL
-- contacts.id, copies.id -> copies.* : FILTER

-- case: from a join | snowflake
MERGE INTO totals t USING (SELECT u.id, SUM(o.total) AS s FROM users u JOIN orders o ON o.user_id = u.id GROUP BY u.id) x ON x.id = t.user_id WHEN MATCHED THEN UPDATE SET t.total = t.total + x.s;
-- TOTALS.TOTAL -> TOTALS.TOTAL : TRANSFORMATION
-- ORDERS.TOTAL -> TOTALS.TOTAL : AGGREGATION
-- USERS.ID, ORDERS.USER_ID -> TOTALS.* : JOIN
-- USERS.ID -> TOTALS.* : GROUP_BY FILTER
-- TOTALS.USER_ID -> TOTALS.* : FILTER

-- case: dedupe in the source | bigquery
MERGE INTO log AS l USING (SELECT id, email FROM users QUALIFY ROW_NUMBER() OVER (PARTITION BY id ORDER BY age) = 1) AS s ON l.id = s.id WHEN NOT MATCHED THEN INSERT (id, message) VALUES (s.id, s.email);
-- users.id -> log.id : IDENTITY
-- users.email -> log.message : IDENTITY
-- users.{id,age}, log.id -> log.* : FILTER

-- case: output into columns of a table | tsql
MERGE copies AS c USING contacts AS s ON s.id = c.id WHEN MATCHED THEN UPDATE SET email = s.email OUTPUT inserted.id, deleted.email INTO log (id, message);
-- contacts.email -> copies.email : IDENTITY
-- contacts.id, copies.id -> copies.*, log.* : FILTER
-- copies.id -> log.id : IDENTITY
-- copies.email -> log.message : IDENTITY

-- case: by a common column, all columns by position | duckdb
MERGE INTO copies USING (SELECT id, phone, email FROM contacts) AS s USING (id) WHEN MATCHED THEN UPDATE WHEN NOT MATCHED THEN INSERT;
-- contacts.id -> copies.id : IDENTITY
-- contacts.phone -> copies.email : IDENTITY
-- contacts.email -> copies.phone : IDENTITY
-- contacts.id, copies.id -> copies.* : FILTER

-- case: stars by position | duckdb
MERGE INTO copies USING (SELECT id, phone, email FROM contacts) AS s ON s.id = copies.id WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *;
-- contacts.id -> copies.id : IDENTITY
-- contacts.phone -> copies.email : IDENTITY
-- contacts.email -> copies.phone : IDENTITY
-- contacts.id, copies.id -> copies.* : FILTER
