-- case: row number
SELECT name, row_number() OVER (PARTITION BY country ORDER BY age) AS rn FROM users;
-- users.name -> = : IDENTITY
-- users.{country,age} -> rn : WINDOW

-- case: rank
SELECT name, rank() OVER (ORDER BY age DESC) AS place FROM users;
-- users.name -> = : IDENTITY
-- users.age -> place : WINDOW

-- case: a running sum
SELECT id, sum(total) OVER (PARTITION BY user_id ORDER BY id) AS running FROM orders;
-- orders.id -> = : IDENTITY
-- orders.total -> running : AGGREGATION
-- orders.{user_id,id} -> running : WINDOW

-- case: an average over all rows
SELECT total - avg(total) OVER () AS off FROM orders;
-- orders.total -> off : AGGREGATION

-- case: the row before
SELECT lag(total) OVER (ORDER BY id) AS before FROM orders;
-- orders.total -> before : TRANSFORMATION
-- orders.id -> before : WINDOW

-- case: the row after with a default
SELECT lead(total, 1, product_id) OVER (ORDER BY id) AS next_total FROM orders;
-- orders.{total,product_id} -> next_total : TRANSFORMATION
-- orders.id -> next_total : WINDOW

-- case: the first of a partition
SELECT first_value(name) OVER (PARTITION BY country ORDER BY age) AS youngest FROM users;
-- users.name -> youngest : TRANSFORMATION
-- users.{country,age} -> youngest : WINDOW

-- case: tiles
SELECT name, ntile(4) OVER (ORDER BY age) AS quarter FROM users;
-- users.name -> = : IDENTITY
-- users.age -> quarter : WINDOW

-- case: a frame of rows
SELECT avg(total) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS moving FROM orders;
-- orders.total -> moving : AGGREGATION
-- orders.id -> moving : WINDOW

-- case: counted per partition
SELECT name, count(*) OVER (PARTITION BY country) AS peers FROM users;
-- users.name -> = : IDENTITY
-- users.country -> peers : WINDOW
-- users.* -> peers : AGGREGATION

-- case: filtered outside by the rank
SELECT name FROM (SELECT name, row_number() OVER (PARTITION BY country ORDER BY age) AS rn FROM users) AS x WHERE rn = 1;
-- users.name -> = : IDENTITY
-- users.{country,age} -> * : FILTER

-- case: filtered outside and shown
WITH x AS (SELECT name, rank() OVER (ORDER BY age) AS place FROM users) SELECT name, place FROM x WHERE place < 3;
-- users.name -> = : IDENTITY
-- users.age -> place : WINDOW
-- users.age -> * : FILTER

-- case: used in an expression outside
SELECT running * 2 AS twice FROM (SELECT sum(total) OVER (ORDER BY id) AS running FROM orders) AS x;
-- orders.total -> twice : AGGREGATION
-- orders.id -> twice : WINDOW

-- case: over an aggregate
SELECT user_id, sum(total) AS spent, rank() OVER (ORDER BY sum(total) DESC) AS place FROM orders GROUP BY user_id;
-- orders.user_id -> = : IDENTITY
-- orders.total -> spent : AGGREGATION
-- orders.total -> place : WINDOW
-- orders.user_id -> * : GROUP_BY

-- case: partition by an expression
SELECT max(age) OVER (PARTITION BY lower(country)) AS oldest FROM users;
-- users.age -> oldest : AGGREGATION
-- users.country -> oldest : WINDOW

-- case: order by a window
SELECT name FROM users ORDER BY row_number() OVER (PARTITION BY country ORDER BY age);
-- users.name -> = : IDENTITY
-- users.{country,age} -> * : SORT

-- case: qualify | duckdb
SELECT name FROM users QUALIFY row_number() OVER (PARTITION BY country ORDER BY age) = 1;
-- users.name -> = : IDENTITY
-- users.{country,age} -> * : FILTER

-- case: qualify by an alias | snowflake
SELECT name, row_number() OVER (PARTITION BY country ORDER BY age) AS rn FROM users QUALIFY rn = 1;
-- USERS.NAME -> NAME : IDENTITY
-- USERS.{COUNTRY,AGE} -> RN : WINDOW
-- USERS.{COUNTRY,AGE} -> * : FILTER

-- case: qualify of BigQuery | bigquery
SELECT name FROM users WHERE age > 3 QUALIFY rank() OVER (PARTITION BY country ORDER BY id) < 3;
-- users.name -> = : IDENTITY
-- users.{age,country,id} -> * : FILTER

-- case: a filter inside the window's aggregate | postgres
SELECT sum(total) FILTER (WHERE status = 'paid') OVER (PARTITION BY user_id) AS paid FROM orders;
-- orders.total -> paid : AGGREGATION
-- orders.status -> paid : CONDITIONAL
-- orders.user_id -> paid : WINDOW

-- case: ignore nulls | bigquery
SELECT last_value(email IGNORE NULLS) OVER (PARTITION BY country ORDER BY id) AS latest FROM users;
-- users.email -> latest : TRANSFORMATION
-- users.{country,id} -> latest : WINDOW

-- case: a case inside the window's function
SELECT sum(CASE WHEN status = 'paid' THEN total END) OVER (PARTITION BY user_id) AS s FROM orders;
-- orders.total -> s : AGGREGATION
-- orders.status -> s : CONDITIONAL
-- orders.user_id -> s : WINDOW

-- case: a window's column as a join key
SELECT a.name FROM (SELECT name, row_number() OVER (ORDER BY age) AS n FROM users) AS a JOIN left_side l ON l.k = a.n;
-- users.name -> = : IDENTITY
-- users.age, left_side.k -> * : JOIN

-- case: a window's column as a group
SELECT n, count(*) AS c FROM (SELECT ntile(3) OVER (ORDER BY total) AS n FROM orders) AS x GROUP BY n;
-- orders.total -> n : WINDOW
-- orders.* -> c : AGGREGATION
-- orders.total -> * : GROUP_BY

-- case: a window's column inside a case
SELECT CASE WHEN rank() OVER (ORDER BY age) = 1 THEN email ELSE 'x' END AS e FROM users;
-- users.email -> e : IDENTITY
-- users.age -> e : CONDITIONAL

-- case: a difference to the row before
SELECT id, total - lag(total) OVER (PARTITION BY user_id ORDER BY id) AS step FROM orders;
-- orders.id -> id : IDENTITY
-- orders.total -> step : TRANSFORMATION
-- orders.{user_id,id} -> step : WINDOW

-- case: over a join
SELECT u.name, sum(o.total) OVER (PARTITION BY u.country) AS s FROM users u JOIN orders o ON o.user_id = u.id;
-- users.name -> = : IDENTITY
-- orders.total -> s : AGGREGATION
-- users.country -> s : WINDOW
-- users.id, orders.user_id -> * : JOIN

-- case: cumulative distribution
SELECT name, percent_rank() OVER (PARTITION BY team ORDER BY salary) AS p, cume_dist() OVER (ORDER BY salary) AS c FROM employees;
-- employees.name -> = : IDENTITY
-- employees.{team,salary} -> p : WINDOW
-- employees.salary -> c : WINDOW

-- case: distinct over a window
SELECT DISTINCT country, max(age) OVER (PARTITION BY country) AS top FROM users;
-- users.country -> = : IDENTITY
-- users.age -> top : AGGREGATION
-- users.country -> top : WINDOW
-- users.{country,age} -> * : GROUP_BY

-- case: latest row per key by qualify of Snowflake over all columns | snowflake
SELECT * FROM contacts QUALIFY ROW_NUMBER() OVER (PARTITION BY email ORDER BY id DESC) = 1;
-- CONTACTS.{ID,EMAIL,PHONE} -> = : IDENTITY
-- CONTACTS.{EMAIL,ID} -> * : FILTER

-- case: a pattern of rows | snowflake
SELECT * FROM orders MATCH_RECOGNIZE (PARTITION BY user_id ORDER BY id MEASURES b.status AS s, max(total) AS most ONE ROW PER MATCH PATTERN (a b+) DEFINE b AS product_id > 3);
-- ORDERS.USER_ID -> = : IDENTITY
-- ORDERS.STATUS -> S : IDENTITY
-- ORDERS.TOTAL -> MOST : AGGREGATION
-- ORDERS.{USER_ID,ID} -> * : WINDOW
-- ORDERS.PRODUCT_ID -> * : FILTER

-- case: a pattern of rows, all of them, joined | trino
SELECT m.f, m.status, u.email FROM orders o MATCH_RECOGNIZE (PARTITION BY user_id ORDER BY id MEASURES A.total AS f ALL ROWS PER MATCH PATTERN (A B) DEFINE B AS B.total > A.total) AS m JOIN users u ON u.id = m.user_id;
-- orders.total -> f : IDENTITY
-- orders.status -> status : IDENTITY
-- users.email -> email : IDENTITY
-- orders.{user_id,id} -> * : WINDOW
-- orders.total -> * : FILTER
-- users.id, orders.user_id -> * : JOIN
