-- case: prepare a query | postgres
PREPARE one AS SELECT email FROM users WHERE id = $1;
-- users.email -> = : IDENTITY
-- users.id -> * : FILTER

-- case: prepare with types | postgres
PREPARE one (int, text) AS SELECT email FROM users WHERE id = $1 AND name = $2;
-- users.email -> = : IDENTITY
-- users.{id,name} -> * : FILTER

-- case: prepare an insert | postgres
PREPARE put AS INSERT INTO log (id, message) SELECT id, email FROM users WHERE age > $1;
-- users.id -> log.id : IDENTITY
-- users.email -> log.message : IDENTITY
-- users.age -> log.* : FILTER

-- case: prepare of DuckDB | duckdb
PREPARE one AS SELECT email FROM users WHERE id = ?;
-- users.email -> = : IDENTITY
-- users.id -> * : FILTER

-- case: prepare of MySQL | mysql
PREPARE one FROM 'SELECT email FROM users WHERE id = ?';
-- users.email -> = : IDENTITY
-- users.id -> * : FILTER

-- case: prepare of Trino | trino
PREPARE one FROM SELECT email FROM users WHERE id = ?;
-- users.email -> = : IDENTITY
-- users.id -> * : FILTER

-- case: deallocate | postgres
DEALLOCATE one;

-- case: prepare, execute, deallocate | postgres
PREPARE one AS SELECT email FROM users WHERE id = $1; EXECUTE one(1); DEALLOCATE one;
-- users.email -> = : IDENTITY
-- users.id -> * : FILTER

-- case: a cursor | postgres
DECLARE c CURSOR FOR SELECT email FROM users WHERE age > 17;
-- users.email -> = : IDENTITY
-- users.age -> * : FILTER

-- case: a cursor with options | postgres
DECLARE c NO SCROLL CURSOR WITH HOLD FOR SELECT id, email FROM users ORDER BY age;
-- users.{id,email} -> = : IDENTITY
-- users.age -> * : SORT

-- case: explain runs nothing | postgres
EXPLAIN SELECT email FROM users;

-- case: explain analyze runs it | postgres
EXPLAIN ANALYZE INSERT INTO log (id, message) SELECT id, email FROM users;
-- users.id -> log.id : IDENTITY
-- users.email -> log.message : IDENTITY

-- case: dynamic text of T-SQL | tsql
EXEC sp_executesql N'SELECT email FROM users WHERE id = @id', N'@id INT', @id = 1;
-- users.email -> = : IDENTITY
-- users.id -> * : FILTER

-- case: execute immediate of BigQuery | bigquery
EXECUTE IMMEDIATE 'SELECT email FROM users WHERE id = ?' USING 1;
-- users.email -> = : IDENTITY
-- users.id -> * : FILTER
