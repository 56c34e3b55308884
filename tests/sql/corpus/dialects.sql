-- case: ilike and regular expressions | postgres
SELECT id FROM users WHERE name ILIKE 'a%' AND email ~ '^x';
-- users.id -> = : IDENTITY
-- users.{name,email} -> * : FILTER

-- case: interval and extract | postgres
SELECT extract(year FROM seen) AS y, seen + interval '1 day' AS later FROM events;
-- events.seen -> y, later : TRANSFORMATION

-- case: fetch first and for update | postgres
SELECT email FROM users ORDER BY age FETCH FIRST 3 ROWS ONLY FOR UPDATE;
-- users.email -> = : IDENTITY
-- users.age -> * : SORT

-- case: a whole row | postgres
SELECT u FROM users AS u;
-- users.{id,name,email,country,age} -> u : TRANSFORMATION

-- case: typeof and unicode | sqlite
SELECT typeof(email) AS t, unicode(name) AS u FROM users;
-- users.name -> u : TRANSFORMATION
-- users.email -> t : TRANSFORMATION

-- case: glob and printf | sqlite
SELECT printf('%s <%s>', name, email) AS card FROM users WHERE name GLOB 'a*';
-- users.{name,email} -> card : TRANSFORMATION
-- users.name -> * : FILTER

-- case: min and max of two arguments are no aggregates | sqlite
SELECT max(age, id) AS top FROM users;
-- users.{age,id} -> top : TRANSFORMATION

-- case: straight join and index hints | mysql
SELECT STRAIGHT_JOIN u.name, o.total FROM users u USE INDEX (PRIMARY) JOIN orders o ON o.user_id = u.id;
-- users.name -> = : IDENTITY
-- orders.total -> = : IDENTITY
-- users.id, orders.user_id -> * : JOIN

-- case: null-safe equality and limit with an offset | mysql
SELECT email FROM users WHERE name <=> country LIMIT 2, 3;
-- users.email -> = : IDENTITY
-- users.{name,country} -> * : FILTER

-- case: sort by and distribute by | hive
SELECT name FROM users DISTRIBUTE BY country SORT BY age;
-- users.name -> = : IDENTITY
-- users.{country,age} -> * : SORT

-- case: cluster by | spark
SELECT name FROM users CLUSTER BY country;
-- users.name -> = : IDENTITY
-- users.country -> * : SORT

-- case: from first and two inserts | hive
FROM users INSERT INTO TABLE log SELECT id, email WHERE age > 17 INSERT INTO TABLE totals SELECT id, age;
-- users.id -> log.id, totals.user_id : IDENTITY
-- users.email -> log.message : IDENTITY
-- users.age -> totals.total : IDENTITY
-- users.age -> log.* : FILTER

-- case: named_struct and map | spark
SELECT named_struct('n', name, 'e', email) AS s, map(name, email) AS m FROM users;
-- users.{name,email} -> s, m : TRANSFORMATION

-- case: rlike and a hint | spark
SELECT /*+ BROADCAST(o) */ u.name FROM users u JOIN orders o ON o.user_id = u.id WHERE u.email RLIKE 'a';
-- users.name -> = : IDENTITY
-- users.id, orders.user_id -> * : JOIN
-- users.email -> * : FILTER

-- case: a row type and its field | trino
SELECT r.e AS e FROM (SELECT CAST(ROW(name, email) AS ROW(n varchar, e varchar)) AS r FROM users) AS x;
-- users.{name,email} -> e : TRANSFORMATION

-- case: try and at time zone | presto
SELECT try(age / id) AS q, seen AT TIME ZONE 'UTC' AS utc FROM users JOIN events ON user_id = age;
-- users.{age,id} -> q : TRANSFORMATION
-- events.seen -> utc : TRANSFORMATION
-- users.age, events.user_id -> * : JOIN

-- case: max_by | presto
SELECT max_by(name, age) AS oldest FROM users;
-- users.{name,age} -> oldest : AGGREGATION

-- case: approx_distinct and filter | presto
SELECT approx_distinct(email) FILTER (WHERE age > 3) AS n FROM users;
-- users.email -> n : AGGREGATION
-- users.age -> n : CONDITIONAL

-- case: select as struct | bigquery
SELECT s.e AS e FROM (SELECT AS STRUCT STRUCT(email AS e) AS s FROM users);
-- users.email -> e : TRANSFORMATION

-- case: array of a query | bigquery
SELECT ARRAY(SELECT o.total FROM orders AS o WHERE o.user_id = u.id) AS sums FROM users AS u;
-- orders.total -> sums : TRANSFORMATION
-- orders.user_id, users.id -> sums : FILTER

-- case: safe_cast and parse_date | bigquery
SELECT SAFE_CAST(age AS STRING) AS a, PARSE_DATE('%Y', name) AS d FROM users;
-- users.age -> a : TRANSFORMATION
-- users.name -> d : TRANSFORMATION

-- case: pipes | bigquery
FROM users |> WHERE age > 3 |> SELECT email;
-- users.email -> = : IDENTITY
-- users.age -> * : FILTER

-- case: double colons and iff | snowflake
SELECT age::varchar AS a, IFF(age > 17, email, name) AS e FROM users;
-- USERS.AGE -> A : TRANSFORMATION
-- USERS.{EMAIL,NAME} -> E : IDENTITY
-- USERS.AGE -> E : CONDITIONAL

-- case: an alias used by a neighbour | snowflake
SELECT total * 2 AS twice, twice + 1 AS more FROM orders;
-- ORDERS.TOTAL -> TWICE, MORE : TRANSFORMATION

-- case: time travel | snowflake
SELECT email FROM users AT(OFFSET => -60);
-- USERS.EMAIL -> EMAIL : IDENTITY

-- case: string_agg and for xml | tsql
SELECT STRING_AGG(name, ',') WITHIN GROUP (ORDER BY age) AS names FROM users;
-- users.name -> names : AGGREGATION
-- users.age -> names : SORT

-- case: offset and fetch with a lock hint | tsql
SELECT email FROM users WITH (NOLOCK) ORDER BY age OFFSET 2 ROWS FETCH NEXT 3 ROWS ONLY;
-- users.email -> = : IDENTITY
-- users.age -> * : SORT

-- case: convert and dateadd | tsql
SELECT CONVERT(VARCHAR(9), age) AS a, DATEADD(day, age, seen) AS d FROM users JOIN events ON events.user_id = users.id;
-- users.age -> a, d : TRANSFORMATION
-- events.seen -> d : TRANSFORMATION
-- users.id, events.user_id -> * : JOIN

-- case: list comprehension | duckdb
SELECT [x || '!' for x in tags] AS loud FROM posts;
-- posts.tags -> loud : TRANSFORMATION

-- case: values as a table | duckdb
SELECT v.n, u.name FROM (VALUES (1), (2)) AS v(n) JOIN users u ON u.id = v.n;
-- users.name -> = : IDENTITY
-- users.id -> * : JOIN

-- case: array and string functions | spark
SELECT concat_ws(',', collect_set(name)) AS names, size(split(max(email), '@')) AS n FROM users;
-- users.name -> names : AGGREGATION
-- users.email -> n : AGGREGATION

-- case: date arithmetic | mysql
SELECT DATE_ADD(seen, INTERVAL user_id DAY) AS d, TIMESTAMPDIFF(HOUR, seen, NOW()) AS h FROM events;
-- events.{seen,user_id} -> d : TRANSFORMATION
-- events.seen -> h : TRANSFORMATION

-- case: window frames by range | trino
SELECT sum(total) OVER (PARTITION BY user_id ORDER BY id RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS s FROM orders;
-- orders.total -> s : AGGREGATION
-- orders.{user_id,id} -> s : WINDOW

-- case: a reduce over an array | trino
SELECT reduce(tags, '', (s, x) -> s || x, s -> s) AS line FROM posts;
-- posts.tags -> line : TRANSFORMATION

-- case: struct star | bigquery
SELECT u.id, STRUCT(u.name, u.email) AS who FROM users AS u;
-- users.id -> id : IDENTITY
-- users.{name,email} -> who : TRANSFORMATION

-- case: generated dates | bigquery
SELECT d, u.id FROM UNNEST(GENERATE_DATE_ARRAY('2024-01-01', '2024-01-03')) AS d CROSS JOIN users AS u;
-- users.id -> id : IDENTITY

-- case: object_construct and arrays | snowflake
SELECT OBJECT_CONSTRUCT('id', id, 'mail', email) AS o, ARRAY_AGG(name) WITHIN GROUP (ORDER BY age) OVER (PARTITION BY country) AS names FROM users;
-- USERS.{ID,EMAIL} -> O : TRANSFORMATION
-- USERS.NAME -> NAMES : AGGREGATION
-- USERS.AGE -> NAMES : SORT
-- USERS.COUNTRY -> NAMES : WINDOW

-- case: choose and string concatenation by plus | tsql
SELECT name + ' ' + email AS card, LEN(email) AS n FROM users WHERE LEFT(country, 1) = 'D';
-- users.{name,email} -> card : TRANSFORMATION
-- users.email -> n : TRANSFORMATION
-- users.country -> * : FILTER

-- case: a path in a positional struct | duckdb
SELECT struct_pack(n := name, e := email).e AS e FROM users;
-- users.{name,email} -> e : TRANSFORMATION

-- case: summarise by union by name | duckdb
SELECT id, email FROM users UNION BY NAME SELECT phone, id FROM contacts;
-- users.id, contacts.id -> id : IDENTITY
-- users.email -> email : IDENTITY
-- contacts.phone -> phone : IDENTITY
-- users.{id,email}, contacts.{id,phone} -> * : GROUP_BY

-- case: an operator of arrays | postgres
SELECT title FROM posts WHERE tags && ARRAY['a', 'b'] ORDER BY array_length(tags, 1);
-- posts.title -> = : IDENTITY
-- posts.tags -> * : FILTER SORT

-- case: substring and position in words | postgres
SELECT substring(email FROM 1 FOR position('@' IN email)) AS local_part, overlay(name PLACING 'x' FROM 1) AS n FROM users;
-- users.email -> local_part : TRANSFORMATION
-- users.name -> n : TRANSFORMATION

-- case: a composite field | postgres
SELECT (c).email AS e FROM contacts c;
-- contacts.email -> e : IDENTITY

-- case: strftime and julianday | sqlite
SELECT strftime('%Y', seen) AS y, group_concat(kind, ',') AS kinds FROM events GROUP BY strftime('%Y', seen);
-- events.seen -> y : TRANSFORMATION
-- events.kind -> kinds : AGGREGATION
-- events.seen -> * : GROUP_BY

-- case: functions behind a column | duckdb
SELECT email.upper().replace('a', name) AS x, u.email.lower() AS y, main.upper(name) AS z FROM users u;
-- users.{email,name} -> x : TRANSFORMATION
-- users.email -> y : TRANSFORMATION
-- users.name -> z : TRANSFORMATION

-- case: a table that a text names | snowflake
INSERT INTO IDENTIFIER('archive') SELECT id, email, phone FROM IDENTIFIER('contacts');
-- CONTACTS.{ID,EMAIL,PHONE} -> ARCHIVE.= : IDENTITY

-- case: a table that a variable names | snowflake
SELECT email FROM IDENTIFIER($t);
-- T.EMAIL -> = : IDENTITY
-- incomplete
