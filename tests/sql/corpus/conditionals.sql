-- case: searched case
SELECT CASE WHEN age > 17 THEN email ELSE name END AS shown FROM users;
-- users.{email,name} -> shown : IDENTITY
-- users.age -> shown : CONDITIONAL

-- case: simple case
SELECT CASE country WHEN 'DE' THEN email WHEN 'FR' THEN name END AS shown FROM users;
-- users.{email,name} -> shown : IDENTITY
-- users.country -> shown : CONDITIONAL

-- case: constants only
SELECT CASE WHEN age > 17 THEN 'adult' ELSE 'child' END AS grade FROM users;
-- users.age -> grade : CONDITIONAL

-- case: an expression as a branch
SELECT CASE WHEN age > 17 THEN lower(email) ELSE name END AS shown FROM users;
-- users.email -> shown : TRANSFORMATION
-- users.name -> shown : IDENTITY
-- users.age -> shown : CONDITIONAL

-- case: a column in the condition and in the branch
SELECT CASE WHEN total > 100 THEN 100 ELSE total END AS capped FROM orders;
-- orders.total -> capped : IDENTITY CONDITIONAL

-- case: nested
SELECT CASE WHEN age > 17 THEN CASE WHEN country = 'DE' THEN email ELSE 'x' END END AS e FROM users;
-- users.email -> e : IDENTITY
-- users.{age,country} -> e : CONDITIONAL

-- case: a case inside a condition
SELECT CASE WHEN CASE WHEN age > 3 THEN country ELSE name END = 'DE' THEN email END AS e FROM users;
-- users.email -> e : IDENTITY
-- users.{age,country,name} -> e : CONDITIONAL

-- case: inside a function
SELECT upper(CASE WHEN age > 17 THEN email ELSE name END) AS shown FROM users;
-- users.{email,name} -> shown : TRANSFORMATION
-- users.age -> shown : CONDITIONAL

-- case: in a condition of the query
SELECT name FROM users WHERE CASE WHEN age > 17 THEN country ELSE email END = 'DE';
-- users.name -> = : IDENTITY
-- users.{age,country,email} -> * : FILTER

-- case: as a group
SELECT CASE WHEN age > 17 THEN 'a' ELSE 'b' END AS grade, count(*) AS n FROM users GROUP BY CASE WHEN age > 17 THEN 'a' ELSE 'b' END;
-- users.age -> grade : CONDITIONAL
-- users.age -> * : GROUP_BY
-- users.* -> n : AGGREGATION

-- case: as an order
SELECT name FROM users ORDER BY CASE WHEN country = 'DE' THEN age ELSE id END;
-- users.name -> = : IDENTITY
-- users.{country,age,id} -> * : SORT

-- case: carried through a CTE
WITH x AS (SELECT id, CASE WHEN age > 17 THEN 'a' ELSE 'b' END AS grade FROM users) SELECT grade FROM x;
-- users.age -> grade : CONDITIONAL

-- case: carried through a CTE and counted
WITH x AS (SELECT CASE WHEN age > 17 THEN 1 ELSE 0 END AS adult FROM users) SELECT sum(adult) AS adults FROM x;
-- users.age -> adults : CONDITIONAL

-- case: coalesce
SELECT coalesce(email, name, '-') AS shown FROM users;
-- users.{email,name} -> shown : IDENTITY CONDITIONAL

-- case: coalesce, the last one is not tested
SELECT coalesce(email, name) AS shown FROM users;
-- users.{email,name} -> shown : IDENTITY
-- users.email -> shown : CONDITIONAL

-- case: coalesce of an expression
SELECT coalesce(lower(email), name) AS shown FROM users;
-- users.email -> shown : TRANSFORMATION CONDITIONAL
-- users.name -> shown : IDENTITY

-- case: nullif
SELECT nullif(email, name) AS e FROM users;
-- users.email -> e : IDENTITY
-- users.{email,name} -> e : CONDITIONAL

-- case: coalesce of nullif
SELECT coalesce(nullif(email, ''), name) AS e FROM users;
-- users.{email,name} -> e : IDENTITY
-- users.email -> e : CONDITIONAL

-- case: ifnull | sqlite
SELECT ifnull(email, name) AS e FROM users;
-- users.{email,name} -> e : IDENTITY
-- users.email -> e : CONDITIONAL

-- case: if | mysql
SELECT IF(age > 17, email, name) AS e FROM users;
-- users.{email,name} -> e : IDENTITY
-- users.age -> e : CONDITIONAL

-- case: if of BigQuery | bigquery
SELECT IF(age > 17, email, NULL) AS e FROM users;
-- users.email -> e : IDENTITY
-- users.age -> e : CONDITIONAL

-- case: iif | tsql
SELECT IIF(age > 17, email, name) AS e FROM users;
-- users.{email,name} -> e : IDENTITY
-- users.age -> e : CONDITIONAL

-- case: isnull of T-SQL | tsql
SELECT ISNULL(email, name) AS e FROM users;
-- users.{email,name} -> e : IDENTITY
-- users.email -> e : CONDITIONAL

-- case: nvl | snowflake
SELECT nvl(email, name) AS e FROM users;
-- USERS.{EMAIL,NAME} -> E : IDENTITY
-- USERS.EMAIL -> E : CONDITIONAL

-- case: nvl2 | snowflake
SELECT nvl2(email, name, country) AS e FROM users;
-- USERS.{NAME,COUNTRY} -> E : IDENTITY
-- USERS.EMAIL -> E : CONDITIONAL

-- case: decode | snowflake
SELECT decode(country, 'DE', email, 'FR', name, 'x') AS e FROM users;
-- USERS.{EMAIL,NAME} -> E : IDENTITY
-- USERS.COUNTRY -> E : CONDITIONAL

-- case: the greater of two
SELECT greatest(age, id) AS top FROM users;
-- users.{age,id} -> top : TRANSFORMATION

-- case: in a join's condition
SELECT u.name FROM users u JOIN orders o ON CASE WHEN u.age > 3 THEN u.id ELSE 0 END = o.user_id;
-- users.name -> = : IDENTITY
-- users.{age,id}, orders.user_id -> * : JOIN

-- case: coalesce over an outer join
SELECT coalesce(r.b, l.a) AS v FROM left_side l LEFT JOIN right_side r ON r.k = l.k;
-- right_side.b, left_side.a -> v : IDENTITY
-- right_side.b -> v : CONDITIONAL
-- left_side.k, right_side.k -> * : JOIN

-- case: a division guarded by nullif
SELECT total / nullif(product_id, 0) AS q FROM orders;
-- orders.{total,product_id} -> q : TRANSFORMATION
-- orders.product_id -> q : CONDITIONAL

-- case: a case with a comparison of two columns
SELECT CASE WHEN email = name THEN 'same' ELSE country END AS c FROM users;
-- users.country -> c : IDENTITY
-- users.{email,name} -> c : CONDITIONAL

-- case: a case that yields a case's input, cast
SELECT CASE WHEN age > 3 THEN CAST(id AS text) ELSE email END AS v FROM users;
-- users.id -> v : TRANSFORMATION
-- users.email -> v : IDENTITY
-- users.age -> v : CONDITIONAL

-- case: and, or, not, in inside
SELECT CASE WHEN NOT (age > 3 OR country IN ('DE')) AND name LIKE 'a%' THEN 1 ELSE 0 END AS f FROM users;
-- users.{age,country,name} -> f : CONDITIONAL

-- case: a conditional in a CTE that a join uses
WITH x AS (SELECT id, CASE WHEN age > 17 THEN 1 ELSE 2 END AS g FROM users) SELECT l.a FROM x JOIN left_side l ON l.k = x.g;
-- left_side.a -> a : IDENTITY
-- left_side.k, users.age -> * : JOIN

-- case: if of Spark | spark
SELECT if(age > 17, email, name) AS e, nvl(country, 'x') AS c FROM users;
-- users.{email,name} -> e : IDENTITY
-- users.age -> e : CONDITIONAL
-- users.country -> c : IDENTITY CONDITIONAL

-- case: zeroifnull and equal_null | snowflake
SELECT IFNULL(age, 0) AS a FROM users;
-- USERS.AGE -> A : IDENTITY CONDITIONAL
