-- case: exclude one | duckdb
SELECT * EXCLUDE (email) FROM contacts;
-- contacts.{id,phone} -> = : IDENTITY

-- case: exclude one without parentheses | duckdb
SELECT * EXCLUDE email FROM contacts;
-- contacts.{id,phone} -> = : IDENTITY

-- case: exclude several | duckdb
SELECT * EXCLUDE (id, phone) FROM contacts;
-- contacts.email -> = : IDENTITY

-- case: exclude from an alias | duckdb
SELECT c.* EXCLUDE (email), p.amount FROM contacts c JOIN payments p ON p.contact_id = c.id;
-- contacts.{id,phone} -> = : IDENTITY
-- payments.amount -> = : IDENTITY
-- contacts.id, payments.contact_id -> * : JOIN

-- case: replace one | duckdb
SELECT * REPLACE (lower(email) AS email) FROM contacts;
-- contacts.{id,phone} -> = : IDENTITY
-- contacts.email -> = : TRANSFORMATION

-- case: replace one by another's value | duckdb
SELECT * REPLACE (phone AS email) FROM contacts;
-- contacts.{id,phone} -> = : IDENTITY
-- contacts.phone -> email : IDENTITY

-- case: replace with a constant | duckdb
SELECT * REPLACE ('-' AS email) FROM contacts;
-- contacts.{id,phone} -> = : IDENTITY

-- case: replace masks | duckdb
SELECT * REPLACE (md5(email) AS email) FROM contacts;
-- contacts.{id,phone} -> = : IDENTITY
-- contacts.email -> = : TRANSFORMATION masked

-- case: exclude and replace | duckdb
SELECT * EXCLUDE (id) REPLACE (upper(phone) AS phone) FROM contacts;
-- contacts.email -> = : IDENTITY
-- contacts.phone -> = : TRANSFORMATION

-- case: rename | duckdb
SELECT * RENAME (email AS addr) FROM contacts;
-- contacts.{id,phone} -> = : IDENTITY
-- contacts.email -> addr : IDENTITY

-- case: exclude over a CTE of all | duckdb
WITH x AS (SELECT * FROM contacts) SELECT * EXCLUDE (phone) FROM x;
-- contacts.{id,email} -> = : IDENTITY

-- case: excluded inside and not to be had outside | duckdb
WITH x AS (SELECT * EXCLUDE (email) FROM contacts) SELECT * FROM x;
-- contacts.{id,phone} -> = : IDENTITY

-- case: except | bigquery
SELECT * EXCEPT (email) FROM contacts;
-- contacts.{id,phone} -> = : IDENTITY

-- case: except several of an alias | bigquery
SELECT c.* EXCEPT (email, phone) FROM contacts AS c;
-- contacts.id -> = : IDENTITY

-- case: replace of BigQuery | bigquery
SELECT * REPLACE (SUBSTR(email, 1, 1) AS email) FROM contacts;
-- contacts.{id,phone} -> = : IDENTITY
-- contacts.email -> = : TRANSFORMATION

-- case: except and replace of BigQuery | bigquery
SELECT * EXCEPT (id) REPLACE (TO_HEX(SHA256(email)) AS email) FROM contacts;
-- contacts.phone -> = : IDENTITY
-- contacts.email -> = : TRANSFORMATION masked

-- case: exclude of Snowflake | snowflake
SELECT * EXCLUDE (email) FROM contacts;
-- CONTACTS.{ID,PHONE} -> = : IDENTITY

-- case: rename of Snowflake | snowflake
SELECT * RENAME (email AS addr, phone AS tel) FROM contacts;
-- CONTACTS.ID -> ID : IDENTITY
-- CONTACTS.EMAIL -> ADDR : IDENTITY
-- CONTACTS.PHONE -> TEL : IDENTITY

-- case: exclude and rename of Snowflake | snowflake
SELECT c.* EXCLUDE id RENAME email AS addr FROM contacts AS c;
-- CONTACTS.EMAIL -> ADDR : IDENTITY
-- CONTACTS.PHONE -> PHONE : IDENTITY

-- case: columns by a pattern | duckdb
SELECT COLUMNS('e.*') FROM contacts;
-- contacts.{email,phone} -> = : IDENTITY

-- case: columns by exclusion | duckdb
SELECT COLUMNS(* EXCLUDE (id)) FROM contacts;
-- contacts.{email,phone} -> = : IDENTITY

-- case: columns by a pattern without case | snowflake
SELECT * ILIKE '%mail%' FROM users;
-- USERS.EMAIL -> = : IDENTITY

-- case: star with a pattern | duckdb
SELECT * LIKE '%mail%' FROM users;
-- users.email -> = : IDENTITY

-- case: COLUMNS with a lambda | duckdb
SELECT COLUMNS(c -> c LIKE 'e%' OR c IN ('id')) FROM users;
-- users.{id,email} -> = : IDENTITY

-- case: COLUMNS with a negated lambda | duckdb
SELECT COLUMNS(lambda c: NOT starts_with(c, 'na') AND c <> 'age') FROM users;
-- users.{id,email,country} -> = : IDENTITY

-- case: COLUMNS with a list | duckdb
SELECT COLUMNS(['id', 'email']) FROM users;
-- users.{id,email} -> = : IDENTITY

-- case: COLUMNS with a lambda that is not looked at | duckdb
SELECT COLUMNS(c -> length(c) = 2) FROM users;
-- users.{id,name,email,country,age} -> = : IDENTITY
-- incomplete
