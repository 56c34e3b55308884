-- case: one window
SELECT name, rank() OVER w AS place FROM users WINDOW w AS (PARTITION BY country ORDER BY age);
-- users.name -> = : IDENTITY
-- users.{country,age} -> place : WINDOW

-- case: one window for two columns
SELECT sum(total) OVER w AS running, count(*) OVER w AS n FROM orders WINDOW w AS (PARTITION BY user_id ORDER BY id);
-- orders.total -> running : AGGREGATION
-- orders.{user_id,id} -> running, n : WINDOW
-- orders.* -> n : AGGREGATION

-- case: two windows
SELECT max(total) OVER a AS top, min(total) OVER b AS low FROM orders WINDOW a AS (PARTITION BY user_id), b AS (PARTITION BY status);
-- orders.total -> top, low : AGGREGATION
-- orders.user_id -> top : WINDOW
-- orders.status -> low : WINDOW

-- case: a window that refines another | postgres
SELECT sum(total) OVER (w ORDER BY id) AS running FROM orders WINDOW w AS (PARTITION BY user_id);
-- orders.total -> running : AGGREGATION
-- orders.{user_id,id} -> running : WINDOW

-- case: a window made of another | postgres
SELECT rank() OVER b AS place FROM orders WINDOW a AS (PARTITION BY user_id), b AS (a ORDER BY total);
-- orders.{user_id,total} -> place : WINDOW

-- case: a window with a frame
SELECT avg(total) OVER w AS moving FROM orders WINDOW w AS (ORDER BY id ROWS 3 PRECEDING);
-- orders.total -> moving : AGGREGATION
-- orders.id -> moving : WINDOW

-- case: a window nobody uses
SELECT name FROM users WINDOW w AS (PARTITION BY country);
-- users.name -> = : IDENTITY

-- case: a window and a condition
SELECT first_value(name) OVER w AS first_name FROM users WHERE age > 3 WINDOW w AS (PARTITION BY country ORDER BY age);
-- users.name -> first_name : TRANSFORMATION
-- users.{country,age} -> first_name : WINDOW
-- users.age -> * : FILTER

-- case: in a CTE | sqlite
WITH x AS (SELECT name, row_number() OVER w AS rn FROM users WINDOW w AS (PARTITION BY country ORDER BY age)) SELECT name FROM x WHERE rn = 1;
-- users.name -> = : IDENTITY
-- users.{country,age} -> * : FILTER

-- case: of MySQL | mysql
SELECT name, dense_rank() OVER w AS place FROM users WINDOW w AS (ORDER BY age DESC);
-- users.name -> = : IDENTITY
-- users.age -> place : WINDOW

-- case: of BigQuery | bigquery
SELECT name, last_value(email) OVER w AS latest FROM users WINDOW w AS (PARTITION BY country ORDER BY id);
-- users.name -> = : IDENTITY
-- users.email -> latest : TRANSFORMATION
-- users.{country,id} -> latest : WINDOW

-- case: of Spark | spark
SELECT sum(total) OVER w AS s FROM orders WINDOW w AS (PARTITION BY user_id);
-- orders.total -> s : AGGREGATION
-- orders.user_id -> s : WINDOW

-- case: of Trino | trino
SELECT lag(total) OVER w AS before FROM orders WINDOW w AS (PARTITION BY user_id ORDER BY id);
-- orders.total -> before : TRANSFORMATION
-- orders.{user_id,id} -> before : WINDOW

-- case: with qualify | duckdb
SELECT name FROM users WINDOW w AS (PARTITION BY country ORDER BY age) QUALIFY row_number() OVER w = 1;
-- users.name -> = : IDENTITY
-- users.{country,age} -> * : FILTER

-- case: two queries use one name
SELECT rank() OVER w AS p FROM users WINDOW w AS (ORDER BY age) UNION ALL SELECT rank() OVER w FROM orders WINDOW w AS (ORDER BY total);
-- users.age, orders.total -> p : WINDOW
