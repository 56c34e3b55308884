-- case: a series
SELECT n FROM generate_series(1, 5) AS g(n);

-- case: a series beside a table | postgres
SELECT u.name, g.n FROM users u CROSS JOIN generate_series(1, 3) AS g(n);
-- users.name -> = : IDENTITY

-- case: a range | duckdb
SELECT * FROM range(3) AS r(i);

-- case: a Parquet file | duckdb
SELECT email, lower(name) AS small FROM read_parquet('people.parquet');
-- "file:people.parquet".email -> = : IDENTITY
-- "file:people.parquet".name -> small : TRANSFORMATION

-- case: a CSV file with a condition | duckdb
SELECT p.email FROM read_csv('people.csv', header = true) AS p WHERE p.age > 3;
-- "file:people.csv".email -> = : IDENTITY
-- "file:people.csv".age -> * : FILTER

-- case: a file by its name alone | duckdb
SELECT email FROM 'people.parquet';
-- "file:people.parquet".email -> = : IDENTITY

-- case: all of a file | duckdb
SELECT * FROM read_parquet('people.parquet');
-- "file:people.parquet".* -> * : IDENTITY
-- incomplete

-- case: a file joined to a table | duckdb
SELECT u.name, p.phone FROM users u JOIN read_json('phones.json') p ON p.id = u.id;
-- users.name -> = : IDENTITY
-- "file:phones.json".phone -> = : IDENTITY
-- users.id, "file:phones.json".id -> * : JOIN

-- case: files of Spark | spark
SELECT email FROM parquet.`people.parquet`;
-- "file:people.parquet".email -> = : IDENTITY

-- case: JSON taken apart row by row | sqlite
SELECT e.id, j.value AS v FROM events e, json_each(e.payload) AS j;
-- events.id -> = : IDENTITY
-- events.payload -> v : TRANSFORMATION
-- events.payload -> * : JOIN

-- case: JSON as a table | mysql
SELECT e.id, j.mail FROM events e, JSON_TABLE(e.payload, '$[*]' COLUMNS (mail VARCHAR(99) PATH '$.mail')) AS j;
-- events.id -> = : IDENTITY
-- events.payload -> mail : TRANSFORMATION
-- events.payload -> * : JOIN

-- case: JSON with a schema | tsql
SELECT e.id, j.mail FROM events AS e CROSS APPLY OPENJSON(e.payload) WITH (mail NVARCHAR(99) '$.mail') AS j;
-- events.id -> = : IDENTITY
-- events.payload -> mail : TRANSFORMATION
-- events.payload -> * : JOIN

-- case: a string cut to rows | tsql
SELECT u.id, s.value AS part FROM users AS u CROSS APPLY STRING_SPLIT(u.name, ' ') AS s;
-- users.id -> = : IDENTITY
-- users.name -> part : TRANSFORMATION
-- users.name -> * : JOIN

-- case: a string cut to rows of PostgreSQL | postgres
SELECT u.id, w.word FROM users u, regexp_split_to_table(u.name, ' ') AS w(word);
-- users.id -> = : IDENTITY
-- users.name -> word : TRANSFORMATION
-- users.name -> * : JOIN

-- case: records from JSON | postgres
SELECT e.id, r.mail FROM events e CROSS JOIN LATERAL jsonb_to_recordset(e.payload) AS r(mail text, n int);
-- events.id -> = : IDENTITY
-- events.payload -> mail : TRANSFORMATION
-- events.payload -> * : JOIN

-- case: a function of the user's own
SELECT email FROM active_people(3);
-- active_people.email -> = : IDENTITY

-- case: a generator | snowflake
SELECT seq4() AS n FROM TABLE(GENERATOR(ROWCOUNT => 3));

-- case: a sample | duckdb
SELECT email FROM users TABLESAMPLE RESERVOIR (10 ROWS);
-- users.email -> = : IDENTITY

-- case: a macro that gives a table | duckdb
CREATE MACRO grown(a) AS TABLE SELECT id, email FROM users WHERE age > a; SELECT email FROM grown(3);
-- users.email -> email : IDENTITY
-- users.age -> * : FILTER

-- case: TABLE around a function | trino
SELECT email FROM TABLE(people(3));
-- people.email -> = : IDENTITY

-- case: TABLE around a function of Oracle | oracle
SELECT email FROM TABLE(people(3));
-- people.EMAIL -> EMAIL : IDENTITY

-- case: TABLE around a function that takes a table | trino
SELECT t.x FROM TABLE(scored(input => TABLE(left_side))) AS t(x);
-- left_side.{k,a} -> x : TRANSFORMATION
-- left_side.{k,a} -> * : JOIN

-- case: the result of an earlier statement | snowflake
SELECT email FROM TABLE(RESULT_SCAN(LAST_QUERY_ID()));
-- incomplete

-- case: a query that a text holds | duckdb
SELECT email FROM query('SELECT email FROM users WHERE age > 3') AS q;
-- users.email -> = : IDENTITY
-- users.age -> * : FILTER

-- case: a table that a text names | duckdb
FROM query_table('log');
-- log.{id,message} -> = : IDENTITY

-- case: tables that texts name | duckdb
-- schema: a(x int), b(x int)
SELECT x FROM query_table(['a', 'b']);
-- a.x, b.x -> x : IDENTITY

-- case: a text that is worked out | duckdb
FROM query('SELECT email ' || 'FROM users');
-- opaque

-- case: a table that a parameter names | duckdb
FROM query_table(?);
-- opaque

-- case: a summary is made of values | duckdb
-- schema: a(x int)
COPY (SUMMARIZE a) TO '/out/a.csv';
-- a.x -> "file:/out/a.csv".{min,max,approx_unique,avg,std,q25,q50,q75,count,null_percentage} : AGGREGATION

-- case: a table of a summary | duckdb
-- schema: a(x int)
CREATE TABLE t AS SUMMARIZE a;
-- a.x -> t.{min,max,approx_unique,avg,std,q25,q50,q75,count,null_percentage} : AGGREGATION
