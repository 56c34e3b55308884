-- case: pivot with values | duckdb
SELECT * FROM sales PIVOT (sum(amount) FOR region IN ('n', 's') GROUP BY product);
-- sales.product -> = : IDENTITY
-- sales.amount -> n, s : AGGREGATION
-- sales.region -> n, s : CONDITIONAL
-- sales.product -> * : GROUP_BY

-- case: the pivot statement | duckdb
PIVOT sales ON region IN ('n', 's') USING sum(amount) GROUP BY product;
-- sales.product -> = : IDENTITY
-- sales.amount -> n, s : AGGREGATION
-- sales.region -> n, s : CONDITIONAL
-- sales.product -> * : GROUP_BY

-- case: what is left over is grouped by | duckdb
SELECT * FROM (SELECT product, region, amount FROM sales) PIVOT (max(amount) FOR region IN ('n', 's'));
-- sales.product -> = : IDENTITY
-- sales.amount -> n, s : AGGREGATION
-- sales.region -> n, s : CONDITIONAL
-- sales.product -> * : GROUP_BY

-- case: one pivoted column picked | duckdb
SELECT product, n FROM (SELECT product, region, amount FROM sales) PIVOT (sum(amount) FOR region IN ('n', 's'));
-- sales.product -> = : IDENTITY
-- sales.amount -> n : AGGREGATION
-- sales.region -> n : CONDITIONAL
-- sales.product -> * : GROUP_BY

-- case: names for the values | duckdb
SELECT * FROM (SELECT product, region, amount FROM sales) PIVOT (sum(amount) FOR region IN ('n' AS north, 's' AS south));
-- sales.product -> = : IDENTITY
-- sales.amount -> north, south : AGGREGATION
-- sales.region -> north, south : CONDITIONAL
-- sales.product -> * : GROUP_BY

-- case: pivot of BigQuery | bigquery
SELECT * FROM (SELECT product, region, amount FROM sales) PIVOT(SUM(amount) FOR region IN ('n', 's'));
-- sales.product -> = : IDENTITY
-- sales.amount -> n, s : AGGREGATION
-- sales.region -> n, s : CONDITIONAL
-- sales.product -> * : GROUP_BY

-- case: pivot of T-SQL | tsql
SELECT p.product, p.[n], p.[s] FROM (SELECT product, region, amount FROM sales) AS x PIVOT (SUM(amount) FOR region IN ([n], [s])) AS p;
-- sales.product -> = : IDENTITY
-- sales.amount -> n, s : AGGREGATION
-- sales.region -> n, s : CONDITIONAL
-- sales.product -> * : GROUP_BY

-- case: pivot of Snowflake with names | snowflake
SELECT * FROM (SELECT product, region, amount FROM sales) PIVOT (SUM(amount) FOR region IN ('n', 's')) AS p (product, north, south);
-- SALES.PRODUCT -> PRODUCT : IDENTITY
-- SALES.AMOUNT -> NORTH, SOUTH : AGGREGATION
-- SALES.REGION -> NORTH, SOUTH : CONDITIONAL
-- SALES.PRODUCT -> * : GROUP_BY

-- case: pivot of Spark | spark
SELECT * FROM (SELECT product, region, amount FROM sales) PIVOT (sum(amount) FOR region IN ('n', 's'));
-- sales.product -> = : IDENTITY
-- sales.amount -> n, s : AGGREGATION
-- sales.region -> n, s : CONDITIONAL
-- sales.product -> * : GROUP_BY

-- case: unpivot | duckdb
SELECT * FROM quarters UNPIVOT (amount FOR quarter IN (q1, q2));
-- quarters.product -> = : IDENTITY
-- quarters.{q1,q2} -> amount : IDENTITY
-- quarters.{q1,q2} -> * : FILTER

-- case: the unpivot statement | duckdb
UNPIVOT quarters ON q1, q2 INTO NAME quarter VALUE amount;
-- quarters.product -> = : IDENTITY
-- quarters.{q1,q2} -> amount : IDENTITY
-- quarters.{q1,q2} -> * : FILTER

-- case: unpivot that keeps nulls | duckdb
SELECT product, quarter, amount FROM quarters UNPIVOT INCLUDE NULLS (amount FOR quarter IN (q1, q2));
-- quarters.product -> = : IDENTITY
-- quarters.{q1,q2} -> amount : IDENTITY

-- case: unpivot of BigQuery | bigquery
SELECT product, amount FROM quarters UNPIVOT(amount FOR quarter IN (q1, q2));
-- quarters.product -> = : IDENTITY
-- quarters.{q1,q2} -> amount : IDENTITY
-- quarters.{q1,q2} -> * : FILTER

-- case: unpivot of T-SQL | tsql
SELECT u.product, u.quarter, u.amount FROM quarters UNPIVOT (amount FOR quarter IN (q1, q2)) AS u;
-- quarters.product -> = : IDENTITY
-- quarters.{q1,q2} -> amount : IDENTITY
-- quarters.{q1,q2} -> * : FILTER

-- case: unpivot of Snowflake | snowflake
SELECT product, amount FROM quarters UNPIVOT (amount FOR quarter IN (q1, q2));
-- QUARTERS.PRODUCT -> PRODUCT : IDENTITY
-- QUARTERS.{Q1,Q2} -> AMOUNT : IDENTITY
-- QUARTERS.{Q1,Q2} -> * : FILTER

-- case: pivot by hand
SELECT product, sum(CASE WHEN region = 'n' THEN amount END) AS n, sum(CASE WHEN region = 's' THEN amount END) AS s FROM sales GROUP BY product;
-- sales.product -> = : IDENTITY
-- sales.amount -> n, s : AGGREGATION
-- sales.region -> n, s : CONDITIONAL
-- sales.product -> * : GROUP_BY

-- case: the pivot statement as a source | duckdb
SELECT * FROM (PIVOT sales ON region IN ('n', 's') USING sum(amount) GROUP BY product);
-- sales.product -> = : IDENTITY
-- sales.amount -> n, s : AGGREGATION
-- sales.region -> n, s : CONDITIONAL
-- sales.product -> * : GROUP_BY

-- case: the pivot statement in WITH | duckdb
WITH p AS (PIVOT sales ON region IN ('n', 's') USING sum(amount) GROUP BY product) SELECT product, n FROM p;
-- sales.product -> = : IDENTITY
-- sales.amount -> n : AGGREGATION
-- sales.region -> n : CONDITIONAL
-- sales.product -> * : GROUP_BY

-- case: a table made by the unpivot statement | duckdb
CREATE TABLE long AS UNPIVOT quarters ON q1, q2 INTO NAME quarter VALUE amount;
-- quarters.product -> long.product : IDENTITY
-- quarters.{q1,q2} -> long.amount : IDENTITY
-- quarters.{q1,q2} -> long.* : FILTER

-- case: values that nobody lists | duckdb
PIVOT sales ON region USING sum(amount) GROUP BY product;
-- sales.product -> = : IDENTITY
-- sales.amount -> * : AGGREGATION
-- sales.region -> * : CONDITIONAL
-- sales.product -> * : GROUP_BY
-- incomplete

-- case: a column of values that nobody lists | duckdb
WITH p AS (PIVOT sales ON region USING sum(amount) GROUP BY product) SELECT product, n FROM p;
-- sales.product -> = : IDENTITY
-- sales.amount -> n : AGGREGATION
-- sales.region -> n : CONDITIONAL
-- sales.product -> * : GROUP_BY
-- incomplete

-- case: kept as a table though nobody lists its columns | duckdb
CREATE TABLE wide AS PIVOT sales ON region USING sum(amount) GROUP BY product; SELECT n FROM wide;
-- sales.product -> wide.product : IDENTITY
-- sales.amount -> wide.* : AGGREGATION
-- sales.region -> wide.* : CONDITIONAL
-- sales.product -> wide.* : GROUP_BY
-- wide.n -> n : IDENTITY
-- incomplete

-- case: unpivot of all columns but one | duckdb
UNPIVOT quarters ON COLUMNS(* EXCLUDE (product)) INTO NAME q VALUE amount;
-- quarters.product -> = : IDENTITY
-- quarters.{q1,q2} -> amount : IDENTITY
-- quarters.{q1,q2} -> * : FILTER

-- case: unpivot of the columns of a pattern | duckdb
UNPIVOT quarters ON COLUMNS('^q') INTO NAME q VALUE amount;
-- quarters.product -> = : IDENTITY
-- quarters.{q1,q2} -> amount : IDENTITY
-- quarters.{q1,q2} -> * : FILTER

-- case: unpivot of a star | duckdb
SELECT * FROM (SELECT q1, q2 FROM quarters) UNPIVOT (amount FOR q IN (*));
-- quarters.{q1,q2} -> amount : IDENTITY
-- quarters.{q1,q2} -> * : FILTER
