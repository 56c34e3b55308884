-- case: an arrow | postgres
SELECT payload -> 'email' AS e FROM events;
-- events.payload -> e : TRANSFORMATION

-- case: a double arrow | postgres
SELECT payload ->> 'email' AS e FROM events WHERE payload ->> 'kind' = 'a';
-- events.payload -> e : TRANSFORMATION
-- events.payload -> * : FILTER

-- case: a path | postgres
SELECT payload #>> '{user,email}' AS e FROM events;
-- events.payload -> e : TRANSFORMATION

-- case: a chain of arrows | duckdb
SELECT payload -> 'user' ->> 'email' AS e FROM events;
-- events.payload -> e : TRANSFORMATION

-- case: json_extract | sqlite
SELECT json_extract(payload, '$.user.email') AS e FROM events;
-- events.payload -> e : TRANSFORMATION

-- case: json_extract with a key from a column | duckdb
SELECT json_extract_string(payload, '$.' || kind) AS v FROM events;
-- events.{payload,kind} -> v : TRANSFORMATION

-- case: arrows of MySQL | mysql
SELECT payload ->> '$.email' AS e, JSON_EXTRACT(payload, '$.id') AS i FROM events;
-- events.payload -> e, i : TRANSFORMATION

-- case: JSON_VALUE | bigquery
SELECT JSON_VALUE(payload, '$.email') AS e FROM events;
-- events.payload -> e : TRANSFORMATION

-- case: dots into JSON | bigquery
SELECT e.payload.user.email AS mail FROM events AS e;
-- events.payload -> mail : TRANSFORMATION

-- case: colons | snowflake
SELECT payload:user.email::string AS e FROM events;
-- EVENTS.PAYLOAD -> E : TRANSFORMATION

-- case: colons of an alias in a condition | snowflake
SELECT e.id FROM events AS e WHERE e.payload:kind = 'a';
-- EVENTS.ID -> ID : IDENTITY
-- EVENTS.PAYLOAD -> * : FILTER

-- case: JSON_VALUE of T-SQL | tsql
SELECT JSON_VALUE(payload, '$.email') AS e FROM events;
-- events.payload -> e : TRANSFORMATION

-- case: get_json_object | spark
SELECT get_json_object(payload, '$.email') AS e FROM events;
-- events.payload -> e : TRANSFORMATION

-- case: get_json_object of Hive in a group | hive
SELECT get_json_object(payload, '$.kind') AS k, count(id) AS n FROM events GROUP BY get_json_object(payload, '$.kind');
-- events.payload -> k : TRANSFORMATION
-- events.id -> n : AGGREGATION
-- events.payload -> * : GROUP_BY

-- case: json_extract_scalar | trino
SELECT json_extract_scalar(payload, '$.email') AS e FROM events;
-- events.payload -> e : TRANSFORMATION

-- case: an object built | postgres
SELECT jsonb_build_object('id', id, 'mail', email) AS doc FROM users;
-- users.{id,email} -> doc : TRANSFORMATION

-- case: a whole row as JSON | postgres
SELECT to_jsonb(c) AS doc FROM contacts c;
-- contacts.{id,email,phone} -> doc : TRANSFORMATION

-- case: gathered as JSON | postgres
SELECT json_agg(name) AS names, json_object_agg(id, email) AS mails FROM users;
-- users.name -> names : AGGREGATION
-- users.{id,email} -> mails : AGGREGATION

-- case: a key tested | postgres
SELECT id FROM events WHERE payload ? 'email' AND payload @> '{"a": 1}';
-- events.id -> = : IDENTITY
-- events.payload -> * : FILTER

-- case: taken apart in a CTE
WITH x AS (SELECT id, json_extract(payload, '$.email') AS e FROM events) SELECT lower(e) AS small FROM x;
-- events.payload -> small : TRANSFORMATION

-- case: a key in a join | postgres
SELECT u.name FROM users u JOIN events e ON (e.payload ->> 'user_id')::int = u.id;
-- users.name -> = : IDENTITY
-- users.id, events.payload -> * : JOIN

-- case: nested and indexed | bigquery
SELECT JSON_EXTRACT_SCALAR(payload, '$.items[0].name') AS n, kind FROM events WHERE JSON_VALUE(payload, '$.a') IS NOT NULL;
-- events.payload -> n : TRANSFORMATION
-- events.kind -> = : IDENTITY
-- events.payload -> * : FILTER

-- case: parse and path | snowflake
SELECT PARSE_JSON(message):email::varchar AS e FROM log;
-- LOG.MESSAGE -> E : TRANSFORMATION

-- case: built per group | postgres
SELECT user_id, jsonb_agg(jsonb_build_object('kind', kind, 'at', seen) ORDER BY id) AS history FROM events GROUP BY user_id;
-- events.user_id -> = : IDENTITY
-- events.{kind,seen} -> history : AGGREGATION
-- events.id -> history : SORT
-- events.user_id -> * : GROUP_BY

-- case: a struct of Spark's from_json | spark
SELECT from_json(payload, 'email STRING').email AS e FROM events;
-- events.payload -> e : TRANSFORMATION

-- case: a part that has the name of its column | bigquery
WITH t AS (SELECT STRUCT(id, email AS mail) AS s FROM users) SELECT t.s.id FROM t;
-- users.id -> id : TRANSFORMATION

-- case: a part in brackets, and by a function | duckdb
SELECT s['b'] AS x, struct_extract(s, 'a') AS y FROM (SELECT {'a': id, 'b': email} AS s FROM users);
-- users.email -> x : TRANSFORMATION
-- users.id -> y : TRANSFORMATION
