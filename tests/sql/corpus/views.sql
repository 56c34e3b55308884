-- case: created
CREATE VIEW adults AS SELECT id, email FROM users WHERE age > 17;
-- users.{id,email} -> adults.= : IDENTITY
-- users.age -> adults.* : FILTER

-- case: created with names of its own
CREATE VIEW adults (who, addr) AS SELECT id, email FROM users;
-- users.id -> adults.who : IDENTITY
-- users.email -> adults.addr : IDENTITY

-- case: or replace
CREATE OR REPLACE VIEW spent AS SELECT user_id, sum(total) AS total FROM orders GROUP BY user_id;
-- orders.user_id -> spent.user_id : IDENTITY
-- orders.total -> spent.total : AGGREGATION
-- orders.user_id -> spent.* : GROUP_BY

-- case: all columns
CREATE VIEW everyone AS SELECT * FROM contacts;
-- contacts.{id,email,phone} -> everyone.= : IDENTITY

-- case: materialised | postgres
CREATE MATERIALIZED VIEW spent AS SELECT user_id, max(total) AS top FROM orders GROUP BY user_id WITH DATA;
-- orders.user_id -> spent.user_id : IDENTITY
-- orders.total -> spent.top : AGGREGATION
-- orders.user_id -> spent.* : GROUP_BY

-- case: materialised of BigQuery | bigquery
CREATE MATERIALIZED VIEW shop.spent AS SELECT user_id, SUM(total) AS total FROM orders GROUP BY user_id;
-- orders.user_id -> shop.spent.user_id : IDENTITY
-- orders.total -> shop.spent.total : AGGREGATION
-- orders.user_id -> shop.spent.* : GROUP_BY

-- case: a temporary one | spark
CREATE OR REPLACE TEMPORARY VIEW adults AS SELECT id, email FROM users;
-- users.{id,email} -> adults.= : IDENTITY

-- case: secure | snowflake
CREATE OR REPLACE SECURE VIEW adults AS SELECT id, email FROM users;
-- USERS.{ID,EMAIL} -> ADULTS.= : IDENTITY

-- case: with check option | mysql
CREATE VIEW adults AS SELECT id, email FROM users WHERE age > 17 WITH CHECK OPTION;
-- users.{id,email} -> adults.= : IDENTITY
-- users.age -> adults.* : FILTER

-- case: altered | tsql
ALTER VIEW adults AS SELECT id, email FROM users;
-- users.{id,email} -> adults.= : IDENTITY

-- case: read
-- view: adults AS SELECT id, email FROM users WHERE age > 17
SELECT email FROM adults;
-- users.email -> = : IDENTITY
-- users.age -> * : FILTER

-- case: read, all columns
-- view: adults AS SELECT id, email AS addr FROM users
SELECT * FROM adults;
-- users.id -> id : IDENTITY
-- users.email -> addr : IDENTITY

-- case: read and joined
-- view: spent AS SELECT user_id, sum(total) AS total FROM orders GROUP BY user_id
SELECT u.name, s.total FROM users u JOIN spent s ON s.user_id = u.id;
-- users.name -> = : IDENTITY
-- orders.total -> total : AGGREGATION
-- orders.user_id -> * : GROUP_BY JOIN
-- users.id -> * : JOIN

-- case: a view over a view
-- view: adults AS SELECT id, email, country FROM users WHERE age > 17
-- view: germans AS SELECT id, email FROM adults WHERE country = 'DE'
SELECT email FROM germans;
-- users.email -> = : IDENTITY
-- users.{age,country} -> * : FILTER

-- case: a view of all columns
-- view: everyone AS SELECT * FROM contacts
SELECT phone FROM everyone WHERE id = 1;
-- contacts.phone -> = : IDENTITY
-- contacts.id -> * : FILTER

-- case: a view that masks
-- view: safe AS SELECT id, md5(email) AS email FROM users
INSERT INTO log (id, message) SELECT id, email FROM safe;
-- users.id -> log.id : IDENTITY
-- users.email -> log.message : TRANSFORMATION masked

-- case: a view used twice
-- view: staff AS SELECT id, name, boss_id FROM employees
SELECT a.name AS worker, b.name AS boss FROM staff a JOIN staff b ON b.id = a.boss_id;
-- employees.name -> worker, boss : IDENTITY
-- employees.{id,boss_id} -> * : JOIN

-- case: dropped
DROP VIEW IF EXISTS adults;

-- case: refreshed | postgres
-- view: spent AS SELECT user_id, max(total) AS top FROM orders GROUP BY user_id
REFRESH MATERIALIZED VIEW spent;
-- orders.user_id -> spent.user_id : IDENTITY
-- orders.total -> spent.top : AGGREGATION
-- orders.user_id -> spent.* : GROUP_BY

-- case: filtered by a grouped column of a view
-- view: spent AS SELECT user_id, sum(total) AS total, count(id) AS n FROM orders GROUP BY user_id
SELECT user_id FROM spent WHERE total > 10 ORDER BY n;
-- orders.user_id -> user_id : IDENTITY
-- orders.user_id -> * : GROUP_BY
-- orders.total -> * : FILTER
-- orders.id -> * : SORT

-- case: a view with a union and a window
-- view: people AS SELECT id, email, row_number() OVER (PARTITION BY email ORDER BY id) AS n FROM (SELECT id, email FROM users UNION ALL SELECT id, email FROM contacts) AS x
SELECT email FROM people WHERE n = 1;
-- users.email, contacts.email -> email : IDENTITY
-- users.{id,email}, contacts.{id,email} -> * : FILTER

-- case: an update of a table by a view | postgres
-- view: best AS SELECT user_id, max(total) AS top FROM orders GROUP BY user_id
UPDATE totals t SET total = b.top FROM best b WHERE b.user_id = t.user_id;
-- orders.total -> totals.total : AGGREGATION
-- orders.user_id -> totals.* : GROUP_BY FILTER
-- totals.user_id -> totals.* : FILTER

-- case: a view of a file | spark
CREATE TEMPORARY VIEW v (mail STRING) USING csv OPTIONS (path '/tmp/mails.csv'); SELECT mail FROM v;
-- "file:/tmp/mails.csv".mail -> v.mail : IDENTITY
-- v.mail -> mail : IDENTITY
