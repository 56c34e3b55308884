-- case: a table to a file | postgres
COPY contacts TO '/out/contacts.csv' WITH (FORMAT csv);
-- contacts.{id,email,phone} -> "file:/out/contacts.csv".= : IDENTITY

-- case: columns to a file | postgres
COPY contacts (id, email) TO '/out/contacts.csv';
-- contacts.{id,email} -> "file:/out/contacts.csv".= : IDENTITY

-- case: a query to a file | postgres
COPY (SELECT id, lower(email) AS mail FROM users WHERE age > 3) TO '/out/users.csv';
-- users.id -> "file:/out/users.csv".id : IDENTITY
-- users.email -> "file:/out/users.csv".mail : TRANSFORMATION
-- users.age -> "file:/out/users.csv".* : FILTER

-- case: a file to a table | postgres
COPY contacts FROM '/in/contacts.csv';
-- "file:/in/contacts.csv".* -> contacts.* : IDENTITY

-- case: a file to columns | postgres
COPY contacts (id, email) FROM '/in/contacts.csv' WITH (FORMAT csv);
-- "file:/in/contacts.csv".* -> contacts.id, contacts.email : IDENTITY

-- case: a table to the client | postgres
COPY contacts TO STDOUT;
-- contacts.{id,email,phone} -> = : IDENTITY

-- case: from the client | postgres
COPY contacts (id, email) FROM STDIN;

-- case: to Parquet | duckdb
COPY (SELECT id, email FROM users) TO 'users.parquet' (FORMAT parquet);
-- users.{id,email} -> "file:users.parquet".= : IDENTITY

-- case: a table to Parquet | duckdb
COPY contacts TO 'contacts.parquet';
-- contacts.{id,email,phone} -> "file:contacts.parquet".= : IDENTITY

-- case: masked on the way out | duckdb
COPY (SELECT id, md5(email) AS email FROM users) TO 'users.csv' (HEADER);
-- users.id -> "file:users.csv".id : IDENTITY
-- users.email -> "file:users.csv".email : TRANSFORMATION masked

-- case: from Parquet | duckdb
COPY contacts FROM 'contacts.parquet' (FORMAT parquet);
-- "file:contacts.parquet".* -> contacts.* : IDENTITY

-- case: load data | mysql
LOAD DATA INFILE '/in/contacts.csv' INTO TABLE contacts;
-- "file:/in/contacts.csv".* -> contacts.* : IDENTITY

-- case: into outfile | mysql
SELECT id, email FROM users INTO OUTFILE '/out/users.csv';
-- users.{id,email} -> "file:/out/users.csv".= : IDENTITY

-- case: bulk insert | tsql
BULK INSERT contacts FROM '/in/contacts.csv' WITH (FIELDTERMINATOR = ',');
-- "file:/in/contacts.csv".* -> contacts.* : IDENTITY

-- case: insert overwrite directory | spark
INSERT OVERWRITE DIRECTORY '/out/users' USING parquet SELECT id, email FROM users;
-- users.{id,email} -> "file:/out/users".= : IDENTITY

-- case: load data of Hive | hive
LOAD DATA INPATH '/in/contacts' INTO TABLE contacts;
-- "file:/in/contacts".* -> contacts.* : IDENTITY

-- case: export | bigquery
EXPORT DATA OPTIONS (uri = 'gs://out/users-*.csv', format = 'CSV') AS SELECT id, email FROM users;
-- users.{id,email} -> "file:gs://out/users-*.csv".= : IDENTITY

-- case: from a stage | snowflake
COPY INTO contacts FROM @landing/contacts.csv;
-- "file:@landing/contacts.csv".* -> CONTACTS.* : IDENTITY

-- case: to a stage | snowflake
COPY INTO @outgoing/users FROM (SELECT id, email FROM users);
-- USERS.ID -> "file:@outgoing/users".ID : IDENTITY
-- USERS.EMAIL -> "file:@outgoing/users".EMAIL : IDENTITY

-- case: columns of a staged file by their number | snowflake
COPY INTO copies (id, email) FROM (SELECT $1, upper(t.$2) FROM @stage/mails.csv t);
-- "file:@stage/mails.csv".* -> COPIES.ID : IDENTITY
-- "file:@stage/mails.csv".* -> COPIES.EMAIL : TRANSFORMATION

-- case: into an outfile before what is read | mysql
SELECT id, email INTO OUTFILE '/tmp/mails' FIELDS TERMINATED BY ',' FROM users WHERE age > 17;
-- users.{id,email} -> "file:/tmp/mails".= : IDENTITY
-- users.age -> "file:/tmp/mails".* : FILTER

-- case: into an outfile with a word of SQL between its fields | mysql
SELECT id, email FROM users INTO OUTFILE '/tmp/mails' FIELDS TERMINATED BY ' FROM ';
-- users.{id,email} -> "file:/tmp/mails".= : IDENTITY

-- case: partitions, and a pattern that reads them | duckdb
COPY (SELECT id, email, country FROM users) TO 'out' (FORMAT parquet, PARTITION_BY (country)); SELECT email FROM read_parquet('out/*/*.parquet');
-- users.{id,email,country} -> "file:out".= : IDENTITY
-- "file:out".email -> email : IDENTITY

-- case: partitions, and a pattern of any depth | duckdb
COPY contacts TO 'out' (FORMAT parquet, PARTITION_BY (phone)); SELECT email FROM 'out/**/*.parquet';
-- contacts.{id,email,phone} -> "file:out".= : IDENTITY
-- "file:out".email -> email : IDENTITY

-- case: one partition of a directory | duckdb
SELECT email FROM read_parquet('in/country=DE/*.parquet');
-- "file:in".email -> email : IDENTITY

-- case: a database into another | duckdb
-- schema: ok.main.a(x int), ok.s.b(y int), other.main.c(z int)
COPY FROM DATABASE ok TO y;
-- ok.main.a.x -> y.main.a.x : IDENTITY
-- ok.s.b.y -> y.s.b.y : IDENTITY

-- case: a database without its rows | duckdb
-- schema: ok.main.a(x int)
COPY FROM DATABASE ok TO y (SCHEMA);

-- case: a database of which nothing is known | duckdb
-- schema: ok.main.a(x int)
COPY FROM DATABASE mine TO y;
-- opaque

-- case: a database into a directory | duckdb
-- schema: ok.main.a(x int), ok.s.b(y int)
EXPORT DATABASE ok TO '/out' (FORMAT parquet);
-- ok.main.a.x -> "file:/out/a.parquet".x : IDENTITY
-- ok.s.b.y -> "file:/out/s_b.parquet".y : IDENTITY

-- case: a database into a directory when it is not known which | duckdb
-- schema: ok.main.a(x int)
EXPORT DATABASE '/out';
-- opaque
