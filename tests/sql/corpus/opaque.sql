-- case: no SQL at all
frobnicate the users
-- opaque

-- case: cut in the middle
SELECT email FROM users WHERE (
-- opaque

-- case: a procedure | postgres
CALL move_users(1, 2);
-- opaque

-- case: a block | postgres
DO $$ BEGIN INSERT INTO log SELECT id, email FROM users; END $$;
-- opaque

-- case: a function is made | postgres
CREATE FUNCTION tidy() RETURNS void LANGUAGE sql AS $$ DELETE FROM log $$;
-- opaque

-- case: a stored procedure of T-SQL | tsql
EXEC dbo.move_users 1, 2;
-- opaque

-- case: an unclosed string
SELECT 'x FROM users;
-- opaque

-- case: an unclosed parenthesis in a union
SELECT email FROM users UNION (SELECT email FROM contacts;
-- opaque

-- case: words of another language
db.users.find({email: 1})
-- opaque

-- case: a known statement beside one that is not
SELECT email FROM users; frobnicate the orders;
-- opaque
-- users.email -> = : IDENTITY

-- case: execute of what was never prepared | postgres
EXECUTE unknown_one(1);
-- opaque

-- case: a trigger | sqlite
CREATE TRIGGER t AFTER INSERT ON users BEGIN INSERT INTO log VALUES (new.id, new.email); END;
-- opaque

-- case: dynamic text from a variable | tsql
EXEC (@text);
-- opaque

-- case: unbalanced template braces
SELECT {{ column }} FROM {{ ref('users') }};
-- opaque

-- case: insert without a target
INSERT INTO SELECT email FROM users;
-- opaque

-- case: a trigger of several statements | sqlite
CREATE TRIGGER IF NOT EXISTS t AFTER UPDATE OF email ON users BEGIN
UPDATE log SET email = new.email WHERE id = CASE new.id WHEN 0 THEN 1 ELSE new.id END; DELETE FROM contacts; END;
-- opaque
