-- case: unnest after a comma | postgres
SELECT p.title, t.tag FROM posts p, unnest(p.tags) AS t(tag);
-- posts.title -> = : IDENTITY
-- posts.tags -> tag : TRANSFORMATION
-- posts.tags -> * : JOIN

-- case: cross join unnest | trino
SELECT title, tag FROM posts CROSS JOIN UNNEST(tags) AS t (tag);
-- posts.title -> = : IDENTITY
-- posts.tags -> tag : TRANSFORMATION
-- posts.tags -> * : JOIN

-- case: with ordinality | trino
SELECT title, tag, n FROM posts CROSS JOIN UNNEST(tags) WITH ORDINALITY AS t (tag, n);
-- posts.title -> = : IDENTITY
-- posts.tags -> tag, n : TRANSFORMATION
-- posts.tags -> * : JOIN

-- case: the alias is the element | bigquery
SELECT p.title, tag FROM posts AS p, UNNEST(p.tags) AS tag;
-- posts.title -> = : IDENTITY
-- posts.tags -> tag : TRANSFORMATION
-- posts.tags -> * : JOIN

-- case: the alias is the element, with offset | bigquery
SELECT p.title, tag, place FROM posts AS p CROSS JOIN UNNEST(p.tags) AS tag WITH OFFSET AS place;
-- posts.title -> = : IDENTITY
-- posts.tags -> tag, place : TRANSFORMATION
-- posts.tags -> * : JOIN

-- case: implicit unnest by a path | bigquery
SELECT p.title, tag FROM posts AS p, p.tags AS tag;
-- posts.title -> = : IDENTITY
-- posts.tags -> tag : TRANSFORMATION
-- posts.tags -> * : JOIN

-- case: a left join keeps rows without elements | bigquery
SELECT p.title, tag FROM posts AS p LEFT JOIN UNNEST(p.tags) AS tag;
-- posts.title -> = : IDENTITY
-- posts.tags -> tag : TRANSFORMATION
-- posts.tags -> * : JOIN

-- case: unnest in the select list | duckdb
SELECT title, unnest(tags) AS tag FROM posts;
-- posts.title -> = : IDENTITY
-- posts.tags -> tag : TRANSFORMATION
-- posts.tags -> * : JOIN

-- case: explode in the select list | spark
SELECT title, explode(tags) AS tag FROM posts;
-- posts.title -> = : IDENTITY
-- posts.tags -> tag : TRANSFORMATION
-- posts.tags -> * : JOIN

-- case: an element | duckdb
SELECT tags[1] AS first_tag FROM posts;
-- posts.tags -> first_tag : TRANSFORMATION

-- case: a slice and a length | duckdb
SELECT tags[1:2] AS some, len(tags) AS n FROM posts;
-- posts.tags -> some, n : TRANSFORMATION

-- case: membership as a condition | postgres
SELECT title FROM posts WHERE 'a' = ANY (tags);
-- posts.title -> = : IDENTITY
-- posts.tags -> * : FILTER

-- case: an array built | postgres
SELECT ARRAY[name, email] AS both_of_them FROM users;
-- users.{name,email} -> both_of_them : TRANSFORMATION

-- case: a struct built and opened | duckdb
SELECT s.e AS e FROM (SELECT {'n': name, 'e': email} AS s FROM users) AS x;
-- users.email -> e : TRANSFORMATION

-- case: exists over unnest | bigquery
SELECT title FROM posts AS p WHERE EXISTS (SELECT 1 FROM UNNEST(p.tags) AS tag WHERE tag = 'a');
-- posts.title -> = : IDENTITY
-- posts.tags -> * : FILTER

-- case: a constant array
SELECT u.name, x.c FROM users u CROSS JOIN unnest(ARRAY['a', 'b']) AS x(c);
-- users.name -> = : IDENTITY

-- case: grouped by the element | postgres
SELECT t.tag, count(*) AS n FROM posts p CROSS JOIN unnest(p.tags) AS t(tag) GROUP BY t.tag;
-- posts.tags -> tag : TRANSFORMATION
-- posts.tags -> * : JOIN GROUP_BY
-- posts.* -> n : AGGREGATION

-- case: a lambda over the elements | duckdb
SELECT list_transform(tags, lambda x: x || title) AS marked FROM posts;
-- posts.{tags,title} -> marked : TRANSFORMATION

-- case: a lambda of Spark | spark
SELECT transform(tags, t -> upper(t)) AS loud FROM posts;
-- posts.tags -> loud : TRANSFORMATION

-- case: array join | trino
SELECT array_join(tags, ',') AS line FROM posts WHERE cardinality(tags) > 1;
-- posts.tags -> line : TRANSFORMATION
-- posts.tags -> * : FILTER

-- case: two arrays at once | postgres
-- schema: t(id int, xs text[], ys text[])
SELECT id, u.x, u.y FROM t, unnest(xs, ys) AS u(x, y);
-- t.id -> id : IDENTITY
-- t.xs -> x : TRANSFORMATION
-- t.ys -> y : TRANSFORMATION
-- t.{xs,ys} -> * : JOIN

-- case: a split string | duckdb
SELECT id, unnest(string_split(name, ' ')) AS word FROM users;
-- users.id -> id : IDENTITY
-- users.name -> word : TRANSFORMATION
-- users.name -> * : JOIN

-- case: a struct's fields from an array | bigquery
-- schema: baskets(id int, items text)
SELECT b.id, i.sku, i.n * 2 AS twice FROM baskets AS b, UNNEST(b.items) AS i;
-- baskets.id -> id : IDENTITY
-- baskets.items -> sku, twice : TRANSFORMATION
-- baskets.items -> * : JOIN

-- case: outer lateral view | spark
SELECT p.id, t.tag FROM posts p LATERAL VIEW OUTER explode(p.tags) t AS tag WHERE t.tag <> 'a';
-- posts.id -> id : IDENTITY
-- posts.tags -> tag : TRANSFORMATION
-- posts.tags -> * : JOIN FILTER

-- case: in a CTE and joined back | trino
WITH x AS (SELECT id, tag FROM posts CROSS JOIN UNNEST(tags) AS t (tag)) SELECT u.name, x.tag FROM users u JOIN x ON x.id = u.id;
-- users.name -> = : IDENTITY
-- posts.tags -> tag : TRANSFORMATION
-- posts.tags -> * : JOIN
-- users.id, posts.id -> * : JOIN

-- case: rows of aggregated structs | bigquery
WITH c AS (SELECT array_agg(STRUCT(email AS mail, id)) AS a FROM users) SELECT x.mail FROM c, UNNEST(c.a) AS x;
-- users.email -> mail : AGGREGATION
-- users.{email,id} -> * : JOIN

-- case: an element of aggregated structs | duckdb
WITH c AS (SELECT list({'mail': email, 'id': id} ORDER BY age) AS a FROM users) SELECT a[1].mail AS mail FROM c;
-- users.email -> mail : AGGREGATION
-- users.age -> mail : SORT
