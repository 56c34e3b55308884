-- case: one sum
SELECT sum(total) AS s FROM orders;
-- orders.total -> s : AGGREGATION

-- case: the usual five
SELECT count(total) AS n, sum(total) AS s, avg(total) AS a, min(total) AS low, max(total) AS top FROM orders;
-- orders.total -> n, s, a, low, top : AGGREGATION

-- case: rows counted
SELECT count(*) AS n FROM users WHERE age > 3;
-- users.age -> * : FILTER
-- users.* -> n : AGGREGATION

-- case: grouped
SELECT country, max(age) AS oldest FROM users GROUP BY country;
-- users.country -> = : IDENTITY
-- users.age -> oldest : AGGREGATION
-- users.country -> * : GROUP_BY

-- case: grouped by a column not shown
SELECT sum(total) AS s FROM orders GROUP BY user_id;
-- orders.total -> s : AGGREGATION
-- orders.user_id -> * : GROUP_BY

-- case: grouped by an expression
SELECT lower(country) AS c, count(*) AS n FROM users GROUP BY lower(country);
-- users.country -> c : TRANSFORMATION
-- users.country -> * : GROUP_BY
-- users.* -> n : AGGREGATION

-- case: grouped by a position
SELECT country, team, sum(age + salary) AS s FROM users JOIN employees ON boss_id = age GROUP BY 1, 2;
-- users.country -> = : IDENTITY
-- employees.team -> = : IDENTITY
-- users.age, employees.salary -> s : AGGREGATION
-- users.age, employees.boss_id -> * : JOIN
-- users.country, employees.team -> * : GROUP_BY

-- case: grouped by an alias | postgres
SELECT upper(country) AS c, count(*) AS n FROM users GROUP BY c;
-- users.country -> c : TRANSFORMATION
-- users.country -> * : GROUP_BY
-- users.* -> n : AGGREGATION

-- case: having
SELECT user_id FROM orders GROUP BY user_id HAVING sum(total) > 10 AND count(*) > 2;
-- orders.user_id -> = : IDENTITY
-- orders.user_id -> * : GROUP_BY
-- orders.total -> * : FILTER
-- orders.* -> * : FILTER

-- case: distinct inside
SELECT count(DISTINCT email) AS n FROM users;
-- users.email -> n : AGGREGATION

-- case: filter inside | postgres
SELECT count(*) FILTER (WHERE status = 'paid') AS paid, sum(total) FILTER (WHERE product_id > 2) AS s FROM orders;
-- orders.status -> paid : CONDITIONAL
-- orders.total -> s : AGGREGATION
-- orders.product_id -> s : CONDITIONAL
-- orders.* -> paid : AGGREGATION

-- case: a case inside
SELECT sum(CASE WHEN status = 'paid' THEN total ELSE 0 END) AS paid FROM orders;
-- orders.total -> paid : AGGREGATION
-- orders.status -> paid : CONDITIONAL

-- case: strings gathered in order | postgres
SELECT country, string_agg(name, ', ' ORDER BY age) AS names FROM users GROUP BY country;
-- users.country -> = : IDENTITY
-- users.name -> names : AGGREGATION
-- users.age -> names : SORT
-- users.country -> * : GROUP_BY

-- case: group_concat | mysql
SELECT group_concat(DISTINCT name ORDER BY age SEPARATOR ';') AS names FROM users;
-- users.name -> names : AGGREGATION
-- users.age -> names : SORT

-- case: listagg within group | snowflake
SELECT listagg(name, ',') WITHIN GROUP (ORDER BY age) AS names FROM users;
-- USERS.NAME -> NAMES : AGGREGATION
-- USERS.AGE -> NAMES : SORT

-- case: an array gathered | duckdb
SELECT array_agg(email ORDER BY id) AS mails FROM users;
-- users.email -> mails : AGGREGATION
-- users.id -> mails : SORT

-- case: a median as an ordered set | postgres
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY total) AS mid FROM orders;
-- orders.total -> mid : AGGREGATION

-- case: two arguments | postgres
SELECT corr(age, id) AS c FROM users;
-- users.{age,id} -> c : AGGREGATION

-- case: arg_max | duckdb
SELECT arg_max(name, age) AS oldest FROM users;
-- users.{name,age} -> oldest : AGGREGATION

-- case: an expression of aggregates
SELECT sum(total) / count(DISTINCT user_id) AS per_user FROM orders;
-- orders.{total,user_id} -> per_user : AGGREGATION

-- case: sorted by an aggregate
SELECT country FROM users GROUP BY country ORDER BY max(age) DESC;
-- users.country -> = : IDENTITY
-- users.country -> * : GROUP_BY
-- users.age -> * : SORT

-- case: aggregate of an aggregate
SELECT max(s) AS top FROM (SELECT sum(total) AS s FROM orders GROUP BY user_id) AS x;
-- orders.total -> top : AGGREGATION
-- orders.user_id -> * : GROUP_BY

-- case: group by all | duckdb
SELECT country, count(*) AS n FROM users GROUP BY ALL;
-- users.country -> = : IDENTITY
-- users.country -> * : GROUP_BY
-- users.* -> n : AGGREGATION

-- case: approximate | bigquery
SELECT APPROX_COUNT_DISTINCT(email) AS n, ANY_VALUE(name) AS someone FROM users;
-- users.email -> n : AGGREGATION
-- users.name -> someone : AGGREGATION

-- case: a condition inside | spark
SELECT count_if(age > 17) AS adults, collect_list(email) AS mails FROM users;
-- users.age -> adults : AGGREGATION
-- users.email -> mails : AGGREGATION

-- case: a filter before and after
SELECT country, count(DISTINCT email) AS n FROM users WHERE age > 3 GROUP BY country HAVING count(DISTINCT email) > 1 ORDER BY n DESC;
-- users.country -> = : IDENTITY
-- users.email -> n : AGGREGATION
-- users.age -> * : FILTER
-- users.country -> * : GROUP_BY
-- users.email -> * : FILTER SORT

-- case: count of a join
SELECT count(*) AS n FROM users u JOIN orders o ON o.user_id = u.id;
-- users.*, orders.* -> n : AGGREGATION
-- users.id, orders.user_id -> * : JOIN

-- case: coalesce around a sum
SELECT coalesce(sum(total), 0) AS s FROM orders;
-- orders.total -> s : AGGREGATION CONDITIONAL

-- case: a sum around coalesce
SELECT sum(coalesce(total, product_id)) AS s FROM orders;
-- orders.{total,product_id} -> s : AGGREGATION
-- orders.total -> s : CONDITIONAL

-- case: a share of two filtered counts | postgres
SELECT count(id) FILTER (WHERE status = 'paid') * 1.0 / count(id) AS share FROM orders;
-- orders.id -> share : AGGREGATION
-- orders.status -> share : CONDITIONAL

-- case: grouped by a date part | postgres
SELECT date_trunc('day', seen) AS d, count(DISTINCT user_id) AS people FROM events GROUP BY 1;
-- events.seen -> d : TRANSFORMATION
-- events.user_id -> people : AGGREGATION
-- events.seen -> * : GROUP_BY

-- case: booleans
SELECT bool_or(age > 17) AS some, bool_and(email IS NOT NULL) AS every_one FROM users;
-- users.age -> some : AGGREGATION
-- users.email -> every_one : AGGREGATION

-- case: spread
SELECT stddev(total) AS s, variance(total) AS v FROM orders;
-- orders.total -> s, v : AGGREGATION

-- case: a mode as an ordered set | postgres
SELECT mode() WITHIN GROUP (ORDER BY country) AS common FROM users;
-- users.country -> common : AGGREGATION

-- case: having without group by
SELECT max(total) AS top FROM orders HAVING count(id) > 2;
-- orders.total -> top : AGGREGATION
-- orders.id -> * : FILTER
