-- case: question marks | sqlite
SELECT email FROM users WHERE id = ? AND age > ?;
-- users.email -> = : IDENTITY
-- users.{id,age} -> * : FILTER

-- case: numbered question marks | sqlite
SELECT email FROM users WHERE id = ?1;
-- users.email -> = : IDENTITY
-- users.id -> * : FILTER

-- case: dollars | postgres
SELECT email FROM users WHERE id = $1 ORDER BY age LIMIT $2;
-- users.email -> = : IDENTITY
-- users.id -> * : FILTER
-- users.age -> * : SORT

-- case: colons | sqlite
SELECT email FROM users WHERE name = :name;
-- users.email -> = : IDENTITY
-- users.name -> * : FILTER

-- case: percent s | mysql
SELECT email FROM users WHERE id = %s;
-- users.email -> = : IDENTITY
-- users.id -> * : FILTER

-- case: percent s of psycopg | postgres
SELECT email FROM users WHERE id = %s AND name IN (%s, %s);
-- users.email -> = : IDENTITY
-- users.{id,name} -> * : FILTER

-- case: named percent s of psycopg | postgres
SELECT email FROM users WHERE id = %(id)s AND age > %(age)s;
-- users.email -> = : IDENTITY
-- users.{id,age} -> * : FILTER

-- case: at signs | tsql
SELECT email FROM users WHERE id = @id;
-- users.email -> = : IDENTITY
-- users.id -> * : FILTER

-- case: at signs of BigQuery | bigquery
SELECT email FROM users WHERE country = @country AND age > @age;
-- users.email -> = : IDENTITY
-- users.{country,age} -> * : FILTER

-- case: a parameter as a value | sqlite
SELECT email, ? AS given FROM users;
-- users.email -> = : IDENTITY

-- case: insert of parameters | postgres
INSERT INTO users (id, name, email) VALUES ($1, $2, $3);

-- case: update by parameters | sqlite
UPDATE users SET email = :email WHERE id = :id;
-- users.id -> users.* : FILTER

-- case: a parameter within an expression | duckdb
SELECT total * $factor AS scaled FROM orders WHERE user_id = $1;
-- orders.total -> scaled : TRANSFORMATION
-- orders.user_id -> * : FILTER

-- case: an array parameter | postgres
SELECT email FROM users WHERE id = ANY($1::int[]);
-- users.email -> = : IDENTITY
-- users.id -> * : FILTER

-- case: a question mark in a function of Trino | trino
SELECT substr(email, 1, ?) AS part FROM users WHERE id = ?;
-- users.email -> part : TRANSFORMATION
-- users.id -> * : FILTER
