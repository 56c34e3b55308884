-- case: unquoted names fold to small letters | postgres
SELECT EMAIL FROM Users;
-- users.email -> email : IDENTITY

-- case: quoted names stay | postgres
-- schema: Users(Email, name)
SELECT "Email" FROM "Users";
-- Users.Email -> Email : IDENTITY

-- case: two tables that differ in case | postgres
-- schema: Users(email), users(email)
SELECT a.email AS big, b.email AS small FROM "Users" a CROSS JOIN users b;
-- Users.email -> big : IDENTITY
-- users.email -> small : IDENTITY

-- case: a quoted alias keeps its case | postgres
SELECT email AS "Addr", name AS Shown FROM users;
-- users.email -> Addr : IDENTITY
-- users.name -> shown : IDENTITY

-- case: a name with a space | postgres
-- schema: people(id, "e mail" text)
SELECT "e mail" AS addr FROM people;
-- people."e mail" -> addr : IDENTITY

-- case: a name with a dot | duckdb
-- schema: people(id, "a.b" text)
SELECT "a.b" AS addr FROM people;
-- people."a.b" -> addr : IDENTITY

-- case: keywords as names | postgres
-- schema: order(select, from)
SELECT "select" AS s FROM "order" WHERE "from" = 'x';
-- order.select -> s : IDENTITY
-- order.from -> * : FILTER

-- case: backticks | mysql
SELECT `email` AS `addr` FROM `users` WHERE `age` > 3;
-- users.email -> addr : IDENTITY
-- users.age -> * : FILTER

-- case: double quotes are a string | mysql
SELECT email FROM users WHERE name = "age";
-- users.email -> = : IDENTITY
-- users.name -> * : FILTER

-- case: columns know no case | mysql
SELECT EMAIL AS addr FROM users;
-- users.email -> addr : IDENTITY

-- case: brackets | tsql
SELECT [u].[email] AS [addr] FROM [users] AS [u];
-- users.email -> addr : IDENTITY

-- case: brackets with a space | tsql
-- schema: people(id, "e mail" text)
SELECT [e mail] AS addr FROM people;
-- people."e mail" -> addr : IDENTITY

-- case: names know no case | sqlite
SELECT EMAIL AS addr FROM USERS WHERE Age > 3;
-- users.email -> addr : IDENTITY
-- users.age -> * : FILTER

-- case: quoted names know no case either | duckdb
SELECT "EMAIL" AS addr FROM "Users";
-- users.email -> addr : IDENTITY

-- case: backticks of BigQuery around the whole path | bigquery
-- schema: shop.app.users(id, email)
SELECT email FROM `shop.app.users`;
-- shop.app.users.email -> = : IDENTITY

-- case: double quotes are a string in BigQuery | bigquery
SELECT id FROM users WHERE name = "email";
-- users.id -> = : IDENTITY
-- users.name -> * : FILTER

-- case: unquoted names fold to capitals | snowflake
SELECT email AS addr FROM Users;
-- USERS.EMAIL -> ADDR : IDENTITY

-- case: quoted names stay in Snowflake | snowflake
-- schema: people(email)
SELECT "email" AS addr FROM "people";
-- people.email -> ADDR : IDENTITY

-- case: backticks of Spark | spark
SELECT `u`.`email` AS addr FROM `users` `u`;
-- users.email -> addr : IDENTITY

-- case: double quotes are a string in Spark | spark
SELECT id FROM users WHERE name = "email";
-- users.id -> = : IDENTITY
-- users.name -> * : FILTER

-- case: quoted names know no case in Trino | trino
SELECT "Email" AS addr FROM "USERS";
-- users.email -> addr : IDENTITY

-- case: a schema before the table | postgres
-- schema: app.users(id, email)
SELECT u.email FROM app.users u;
-- app.users.email -> = : IDENTITY

-- case: a schema before the column | postgres
-- schema: app.users(id, email)
SELECT app.users.email FROM app.users WHERE app.users.id = 1;
-- app.users.email -> = : IDENTITY
-- app.users.id -> * : FILTER

-- case: one name in two schemas | postgres
-- schema: app.users(id, email), old.users(id, email)
SELECT a.email AS now_is, b.email AS was FROM app.users a JOIN old.users b ON a.id = b.id;
-- app.users.email -> now_is : IDENTITY
-- old.users.email -> was : IDENTITY
-- app.users.id, old.users.id -> * : JOIN

-- case: three parts | tsql
-- schema: shop.dbo.users(id, email)
SELECT email FROM [shop].[dbo].[users];
-- shop.dbo.users.email -> = : IDENTITY

-- case: a table whose name is a word of the language, without quotes | postgres
-- schema: values(id, email), archive(id, email)
INSERT INTO archive (id, email) SELECT values.id, email FROM values WHERE email <> 'from values';
-- values.id -> archive.id : IDENTITY
-- values.email -> archive.email : IDENTITY
-- values.email -> archive.* : FILTER

-- case: rows for it | duckdb
-- schema: values(id, email)
INSERT INTO values VALUES (1, 'into values');
