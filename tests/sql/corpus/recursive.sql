-- case: a counter without a table
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT i FROM n;

-- case: a tree from the top
WITH RECURSIVE tree AS (SELECT id, name FROM employees WHERE boss_id IS NULL UNION ALL SELECT e.id, e.name FROM employees e JOIN tree t ON e.boss_id = t.id) SELECT name FROM tree;
-- employees.name -> = : IDENTITY
-- employees.boss_id -> * : FILTER JOIN
-- employees.id -> * : JOIN

-- case: a tree with its depth
WITH RECURSIVE tree(id, depth) AS (SELECT id, 0 FROM employees WHERE boss_id IS NULL UNION ALL SELECT e.id, t.depth + 1 FROM employees e JOIN tree t ON e.boss_id = t.id) SELECT id, depth FROM tree;
-- employees.id -> id : IDENTITY
-- employees.boss_id -> * : FILTER JOIN
-- employees.id -> * : JOIN

-- case: a path built up
WITH RECURSIVE tree(id, path) AS (SELECT id, name FROM employees WHERE boss_id IS NULL UNION ALL SELECT e.id, t.path || '/' || e.name FROM employees e JOIN tree t ON e.boss_id = t.id) SELECT path FROM tree;
-- employees.name -> path : TRANSFORMATION
-- employees.boss_id -> * : FILTER JOIN
-- employees.id -> * : JOIN

-- case: the first one carried along
WITH RECURSIVE up AS (SELECT id, boss_id, name AS first FROM employees UNION ALL SELECT b.id, b.boss_id, u.first FROM up u JOIN employees b ON b.id = u.boss_id) SELECT id, first FROM up;
-- employees.id -> id : IDENTITY
-- employees.name -> first : IDENTITY
-- employees.{id,boss_id} -> * : JOIN

-- case: union without all ends a cycle
WITH RECURSIVE reach(id) AS (SELECT id FROM employees WHERE id = 1 UNION SELECT e.id FROM employees e JOIN reach r ON e.boss_id = r.id) SELECT id FROM reach;
-- employees.id -> id : IDENTITY
-- employees.id -> * : FILTER GROUP_BY JOIN
-- employees.boss_id -> * : JOIN

-- case: aggregated outside
WITH RECURSIVE tree AS (SELECT id, salary FROM employees WHERE boss_id IS NULL UNION ALL SELECT e.id, e.salary FROM employees e JOIN tree t ON e.boss_id = t.id) SELECT sum(salary) AS cost FROM tree;
-- employees.salary -> cost : AGGREGATION
-- employees.boss_id -> * : FILTER JOIN
-- employees.id -> * : JOIN

-- case: a value that changes hands between columns
WITH RECURSIVE turn(a, b, n) AS (SELECT email, phone, 0 FROM contacts UNION ALL SELECT b, a, n + 1 FROM turn WHERE n < 3) SELECT a FROM turn;
-- contacts.{email,phone} -> a : IDENTITY

-- case: a limit that comes from a table
WITH RECURSIVE s(id, i, n) AS (SELECT id, 1, q1 FROM quarters JOIN payments ON product = 'a' UNION ALL SELECT id, i + 1, n FROM s WHERE i < n) SELECT i FROM s;
-- quarters.product -> * : JOIN
-- quarters.q1 -> * : FILTER

-- case: joined to another table outside
WITH RECURSIVE below(id) AS (SELECT 1 UNION ALL SELECT e.id FROM employees e JOIN below b ON e.boss_id = b.id) SELECT u.email FROM users u JOIN below ON below.id = u.id;
-- users.email -> = : IDENTITY
-- users.id, employees.{id,boss_id} -> * : JOIN

-- case: recursion of T-SQL without the word | tsql
WITH tree AS (SELECT id, name FROM employees WHERE boss_id IS NULL UNION ALL SELECT e.id, e.name FROM employees AS e JOIN tree AS t ON e.boss_id = t.id) SELECT name FROM tree;
-- employees.name -> = : IDENTITY
-- employees.boss_id -> * : FILTER JOIN
-- employees.id -> * : JOIN

-- case: recursion into a table | postgres
INSERT INTO log (id, message) WITH RECURSIVE tree AS (SELECT id, name FROM employees WHERE boss_id IS NULL UNION ALL SELECT e.id, e.name FROM employees e JOIN tree t ON e.boss_id = t.id) SELECT id, name FROM tree;
-- employees.id -> log.id : IDENTITY
-- employees.name -> log.message : IDENTITY
-- employees.boss_id -> log.* : FILTER JOIN
-- employees.id -> log.* : JOIN

-- case: two CTEs, one of them recursive
WITH RECURSIVE roots AS (SELECT id FROM employees WHERE team = 'a'), tree(id) AS (SELECT id FROM roots UNION ALL SELECT e.id FROM employees e JOIN tree t ON e.boss_id = t.id) SELECT id FROM tree;
-- employees.id -> id : IDENTITY
-- employees.team -> * : FILTER
-- employees.{id,boss_id} -> * : JOIN

-- case: a distance that adds up
WITH RECURSIVE d(id, pay) AS (SELECT id, salary FROM employees WHERE boss_id IS NULL UNION ALL SELECT e.id, d.pay + e.salary FROM employees e JOIN d ON e.boss_id = d.id) SELECT id, pay FROM d;
-- employees.id -> id : IDENTITY
-- employees.salary -> pay : TRANSFORMATION
-- employees.boss_id -> * : FILTER JOIN
-- employees.id -> * : JOIN

-- case: recursion of MySQL | mysql
WITH RECURSIVE tree (id, boss) AS (SELECT id, boss_id FROM employees WHERE id = 4 UNION ALL SELECT e.id, e.boss_id FROM employees e, tree t WHERE e.id = t.boss) SELECT boss FROM tree;
-- employees.boss_id -> boss : IDENTITY
-- employees.{id,boss_id} -> * : FILTER

-- case: connect by | snowflake
SELECT name FROM employees START WITH team IS NULL CONNECT BY boss_id = PRIOR id;
-- EMPLOYEES.NAME -> = : IDENTITY
-- EMPLOYEES.TEAM -> * : FILTER
-- EMPLOYEES.{BOSS_ID,ID} -> * : JOIN
