-- case: grouping sets
SELECT region, product, sum(amount) AS s FROM sales GROUP BY GROUPING SETS ((region, product), (region), ());
-- sales.{region,product} -> = : IDENTITY
-- sales.amount -> s : AGGREGATION
-- sales.{region,product} -> * : GROUP_BY

-- case: rollup
SELECT region, quarter, sum(amount) AS s FROM sales GROUP BY ROLLUP (region, quarter);
-- sales.{region,quarter} -> = : IDENTITY
-- sales.amount -> s : AGGREGATION
-- sales.{region,quarter} -> * : GROUP_BY

-- case: cube
SELECT region, product, count(*) AS n FROM sales GROUP BY CUBE (region, product);
-- sales.{region,product} -> = : IDENTITY
-- sales.{region,product} -> * : GROUP_BY
-- sales.* -> n : AGGREGATION

-- case: a column and a rollup
SELECT quarter, region, sum(amount) AS s FROM sales GROUP BY quarter, ROLLUP (region);
-- sales.{quarter,region} -> = : IDENTITY
-- sales.amount -> s : AGGREGATION
-- sales.{quarter,region} -> * : GROUP_BY

-- case: sets of expressions
SELECT lower(region) AS r, sum(amount) AS s FROM sales GROUP BY GROUPING SETS ((lower(region)), ());
-- sales.region -> r : TRANSFORMATION
-- sales.amount -> s : AGGREGATION
-- sales.region -> * : GROUP_BY

-- case: with a condition on groups
SELECT region, sum(amount) AS s FROM sales GROUP BY ROLLUP (region) HAVING sum(amount) > 5;
-- sales.region -> = : IDENTITY
-- sales.amount -> s : AGGREGATION
-- sales.region -> * : GROUP_BY
-- sales.amount -> * : FILTER

-- case: with rollup | mysql
SELECT region, sum(amount) AS s FROM sales GROUP BY region WITH ROLLUP;
-- sales.region -> = : IDENTITY
-- sales.amount -> s : AGGREGATION
-- sales.region -> * : GROUP_BY

-- case: with cube | spark
SELECT region, product, sum(amount) AS s FROM sales GROUP BY region, product WITH CUBE;
-- sales.{region,product} -> = : IDENTITY
-- sales.amount -> s : AGGREGATION
-- sales.{region,product} -> * : GROUP_BY

-- case: columns and sets of Hive | hive
SELECT region, product, sum(amount) AS s FROM sales GROUP BY region, product GROUPING SETS ((region, product), region);
-- sales.{region,product} -> = : IDENTITY
-- sales.amount -> s : AGGREGATION
-- sales.{region,product} -> * : GROUP_BY

-- case: rollup of BigQuery | bigquery
SELECT region, SUM(amount) AS s FROM sales GROUP BY ROLLUP(region);
-- sales.region -> = : IDENTITY
-- sales.amount -> s : AGGREGATION
-- sales.region -> * : GROUP_BY

-- case: cube of T-SQL | tsql
SELECT region, product, SUM(amount) AS s FROM sales GROUP BY CUBE (region, product);
-- sales.{region,product} -> = : IDENTITY
-- sales.amount -> s : AGGREGATION
-- sales.{region,product} -> * : GROUP_BY

-- case: in a CTE, filtered outside
WITH x AS (SELECT region, sum(amount) AS s FROM sales GROUP BY ROLLUP (region)) SELECT s FROM x WHERE region IS NULL;
-- sales.amount -> s : AGGREGATION
-- sales.region -> * : GROUP_BY FILTER

-- case: sets of pairs in a rollup | postgres
SELECT region, product, quarter, sum(amount) AS s FROM sales GROUP BY ROLLUP ((region, product), quarter);
-- sales.{region,product,quarter} -> = : IDENTITY
-- sales.amount -> s : AGGREGATION
-- sales.{region,product,quarter} -> * : GROUP_BY

-- case: two sets side by side | postgres
SELECT region, quarter, sum(amount) AS s FROM sales GROUP BY GROUPING SETS ((region)), GROUPING SETS ((quarter), ());
-- sales.{region,quarter} -> = : IDENTITY
-- sales.amount -> s : AGGREGATION
-- sales.{region,quarter} -> * : GROUP_BY

-- case: sorted totals
SELECT product, sum(amount) AS s FROM sales WHERE quarter = 'a' GROUP BY ROLLUP (product) ORDER BY s DESC;
-- sales.product -> = : IDENTITY
-- sales.amount -> s : AGGREGATION
-- sales.quarter -> * : FILTER
-- sales.product -> * : GROUP_BY
-- sales.amount -> * : SORT
