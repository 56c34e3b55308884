-- case: one column
SELECT email FROM users;
-- users.email -> email : IDENTITY

-- case: a renamed column
SELECT email AS addr FROM users;
-- users.email -> addr : IDENTITY

-- case: a renamed column without AS | postgres
SELECT email addr FROM users;
-- users.email -> addr : IDENTITY

-- case: a table alias
SELECT u.email, u.name FROM users AS u;
-- users.{email,name} -> = : IDENTITY

-- case: a table's own name as qualifier
SELECT users.email FROM users;
-- users.email -> email : IDENTITY

-- case: arithmetic
SELECT total * 2 + product_id AS score FROM orders;
-- orders.{total,product_id} -> score : TRANSFORMATION

-- case: concatenation
SELECT name || ' <' || email || '>' AS card FROM users;
-- users.{name,email} -> card : TRANSFORMATION

-- case: concat as a function | mysql
SELECT concat(name, ' ', email) AS card FROM users;
-- users.{name,email} -> card : TRANSFORMATION

-- case: a cast
SELECT CAST(age AS text) AS age FROM users;
-- users.age -> age : TRANSFORMATION

-- case: a cast with colons | postgres
SELECT age::text AS years FROM users;
-- users.age -> years : TRANSFORMATION

-- case: parentheses alone change nothing
SELECT (email) AS addr FROM users;
-- users.email -> addr : IDENTITY

-- case: literals and a column
SELECT 1 AS one, 'x' AS letter, NULL AS nothing, email FROM users;
-- users.email -> = : IDENTITY

-- case: a condition
SELECT email FROM users WHERE age > 30 AND country = 'DE';
-- users.email -> = : IDENTITY
-- users.{age,country} -> * : FILTER

-- case: between, in, like, is null
SELECT id FROM users WHERE age BETWEEN 18 AND 30 AND country IN ('DE', 'FR') AND email LIKE '%@a' AND name IS NOT NULL;
-- users.id -> = : IDENTITY
-- users.{age,country,email,name} -> * : FILTER

-- case: sorted by another column
SELECT name FROM users ORDER BY age DESC;
-- users.name -> = : IDENTITY
-- users.age -> * : SORT

-- case: sorted by an alias
SELECT upper(name) AS shown FROM users ORDER BY shown;
-- users.name -> shown : TRANSFORMATION
-- users.name -> * : SORT

-- case: sorted by a position
SELECT name, age FROM users ORDER BY 2, 1;
-- users.{name,age} -> = : IDENTITY
-- users.{name,age} -> * : SORT

-- case: sorted and cut
SELECT name FROM users ORDER BY age LIMIT 3 OFFSET 1;
-- users.name -> = : IDENTITY
-- users.age -> * : SORT

-- case: distinct
SELECT DISTINCT country FROM users;
-- users.country -> = : IDENTITY
-- users.country -> * : GROUP_BY

-- case: distinct over several columns
SELECT DISTINCT country, upper(name) AS shout FROM users WHERE age > 3;
-- users.country -> = : IDENTITY
-- users.name -> shout : TRANSFORMATION
-- users.{country,name} -> * : GROUP_BY
-- users.age -> * : FILTER

-- case: distinct on | postgres
SELECT DISTINCT ON (country) country, name FROM users ORDER BY country, age;
-- users.{country,name} -> = : IDENTITY
-- users.country -> * : GROUP_BY SORT
-- users.age -> * : SORT

-- case: a comparison as a value
SELECT age > 17 AS adult, email IS NULL AS silent FROM users;
-- users.age -> adult : TRANSFORMATION
-- users.email -> silent : TRANSFORMATION

-- case: one column twice
SELECT email, lower(email) AS small FROM users;
-- users.email -> email : IDENTITY
-- users.email -> small : TRANSFORMATION

-- case: no table at all
SELECT 1 + 1 AS two, now() AS at_once;

-- case: top of T-SQL | tsql
SELECT TOP 10 [email] AS [addr] FROM [users] ORDER BY [age];
-- users.email -> addr : IDENTITY
-- users.age -> * : SORT

-- case: alias by assignment | tsql
SELECT addr = email FROM users;
-- users.email -> addr : IDENTITY

-- case: an alias used in where | duckdb
SELECT lower(email) AS small FROM users WHERE small LIKE 'a%';
-- users.email -> small : TRANSFORMATION
-- users.email -> * : FILTER

-- case: an alias used by a neighbour | duckdb
SELECT total * 2 AS twice, twice + product_id AS more FROM orders;
-- orders.total -> twice, more : TRANSFORMATION
-- orders.product_id -> more : TRANSFORMATION

-- case: from before select | duckdb
FROM users SELECT email WHERE age = 3;
-- users.email -> = : IDENTITY
-- users.age -> * : FILTER

-- case: a query with a comment that looks like SQL
SELECT email /* , name from secrets */ FROM users;
-- users.email -> = : IDENTITY
