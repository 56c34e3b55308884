-- case: do nothing with a target | postgres
INSERT INTO log (id, message) SELECT id, email FROM users ON CONFLICT (id) DO NOTHING;
-- users.id -> log.id : IDENTITY
-- users.email -> log.message : IDENTITY
-- users.id, log.id -> log.* : FILTER

-- case: do nothing without a target | postgres
INSERT INTO log (id, message) SELECT id, email FROM users ON CONFLICT DO NOTHING;
-- users.id -> log.id : IDENTITY
-- users.email -> log.message : IDENTITY

-- case: take the excluded value | postgres
INSERT INTO log (id, message) SELECT id, email FROM users ON CONFLICT (id) DO UPDATE SET message = excluded.message;
-- users.id -> log.id : IDENTITY
-- users.email -> log.message : IDENTITY
-- users.id, log.id -> log.* : FILTER

-- case: add up | postgres
INSERT INTO totals (user_id, total) SELECT user_id, total FROM orders ON CONFLICT (user_id) DO UPDATE SET total = totals.total + excluded.total;
-- orders.user_id -> totals.user_id : IDENTITY
-- orders.total, totals.total -> totals.total : TRANSFORMATION
-- orders.user_id, totals.user_id -> totals.* : FILTER

-- case: add up what is grouped | postgres
INSERT INTO totals (user_id, total) SELECT user_id, sum(total) FROM orders GROUP BY user_id ON CONFLICT (user_id) DO UPDATE SET total = totals.total + excluded.total;
-- orders.user_id -> totals.user_id : IDENTITY
-- orders.total -> totals.total : AGGREGATION
-- totals.total -> totals.total : TRANSFORMATION
-- orders.user_id -> totals.* : GROUP_BY FILTER
-- totals.user_id -> totals.* : FILTER

-- case: values | sqlite
INSERT INTO totals (user_id, total) VALUES (?, ?) ON CONFLICT (user_id) DO UPDATE SET total = excluded.total;
-- totals.user_id -> totals.* : FILTER

-- case: values added to what is there | sqlite
INSERT INTO totals (user_id, total) VALUES (?, ?) ON CONFLICT (user_id) DO UPDATE SET total = total + excluded.total;
-- totals.total -> totals.total : TRANSFORMATION
-- totals.user_id -> totals.* : FILTER

-- case: with a condition | postgres
INSERT INTO totals AS t (user_id, total) SELECT user_id, total FROM orders ON CONFLICT (user_id) DO UPDATE SET total = excluded.total WHERE t.total < excluded.total;
-- orders.user_id -> totals.user_id : IDENTITY
-- orders.total -> totals.total : IDENTITY
-- orders.user_id, totals.user_id -> totals.* : FILTER
-- orders.total, totals.total -> totals.* : FILTER

-- case: one column from another | postgres
INSERT INTO archive (id, email, phone) SELECT id, email, phone FROM contacts ON CONFLICT (id) DO UPDATE SET email = excluded.phone;
-- contacts.{id,email,phone} -> archive.= : IDENTITY
-- contacts.phone -> archive.email : IDENTITY
-- contacts.id, archive.id -> archive.* : FILTER

-- case: a value from another table | postgres
INSERT INTO log (id, message) SELECT id, email FROM users ON CONFLICT (id) DO UPDATE SET message = (SELECT max(title) FROM posts);
-- users.id -> log.id : IDENTITY
-- users.email -> log.message : IDENTITY
-- posts.title -> log.message : AGGREGATION
-- users.id, log.id -> log.* : FILTER

-- case: on a constraint | postgres
INSERT INTO log (id, message) SELECT id, email FROM users ON CONFLICT ON CONSTRAINT log_pkey DO UPDATE SET message = excluded.message;
-- users.id -> log.id : IDENTITY
-- users.email -> log.message : IDENTITY

-- case: on duplicate key | mysql
INSERT INTO totals (user_id, total) SELECT user_id, total FROM orders ON DUPLICATE KEY UPDATE total = VALUES(total);
-- orders.user_id -> totals.user_id : IDENTITY
-- orders.total -> totals.total : IDENTITY

-- case: on duplicate key added to what is there | mysql
INSERT INTO totals (user_id, total) VALUES (1, 2) ON DUPLICATE KEY UPDATE total = total + 1;
-- totals.total -> totals.total : TRANSFORMATION

-- case: on duplicate key with a name for the new row | mysql
INSERT INTO totals (user_id, total) VALUES (1, 2) AS fresh ON DUPLICATE KEY UPDATE total = totals.total + fresh.total;
-- totals.total -> totals.total : TRANSFORMATION

-- case: on conflict of DuckDB | duckdb
INSERT INTO log SELECT id, email FROM users ON CONFLICT (id) DO UPDATE SET message = upper(excluded.message);
-- users.id -> log.id : IDENTITY
-- users.email -> log.message : TRANSFORMATION
-- users.id, log.id -> log.* : FILTER
