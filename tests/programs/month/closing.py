# pyright: basic
"""Close a month: load what the branches have sent in, build the warehouse layer by layer, hand out the results."""

import json
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

STAGING = (
    "create table stg_customers as select id, lower(trim(email)) as email, country from read_csv('in/customers.csv')",
    "create table stg_orders as select * from 'in/orders.csv'",
    "create table stg_items as select item, orderid, product, price::double as price from 'in/items.parquet'",
    "create table stg_refunds as from read_json('in/refunds.json')",
    "create table stg_rates (currency varchar, rate double)",
    "insert into stg_rates select currency, rate from read_csv('in/rates.csv') where rate > 0",
    "create table stg_visits (visitor integer, page varchar, day date)",
    "copy stg_visits from 'in/visits.csv' (header)",
)

CORE = (
    """
    create table dim_customers as
    with firsts as (select customer, min(day) as first_day from stg_orders group by customer)
    select c.id, c.email, c.country, f.first_day, false as big
    from stg_customers as c left join firsts as f on f.customer = c.id
    """,
    (
        "create table dim_products as select distinct product, max(price) over (partition by product) as price "
        "from stg_items"
    ),
    """
    create table fct_orders as
    select o.id, o.customer, o.day, sum(i.price * r.rate) as amount, 0::double as refunded
    from stg_orders o join stg_items i on i.orderid = o.id join stg_rates r using (currency)
    group by all
    """,
    "update fct_orders set refunded = r.amount from stg_refunds r where r.orderid = fct_orders.id",
    """
    create table fct_visits as
    select visitor, page, day from stg_visits where visitor in (select id from stg_customers)
    """,
    """
    merge into dim_customers using (select customer, sum(amount) as spent from fct_orders group by customer) as s
    on s.customer = dim_customers.id
    when matched and s.spent > 100 then update set big = true
    """,
    "create view paid as select id, customer, day, amount - refunded as amount from fct_orders where amount > refunded",
)

MARTS = (
    """
    create table mart_countries as
    select country, count(*) as orders, sum(amount) as amount
    from paid join dim_customers c on c.id = customer group by 1
    """,
    """
    create table mart_funnel as
    select v.day, count(distinct v.visitor) as visitors, count(distinct p.customer) as buyers
    from fct_visits v left join paid p on p.customer = v.visitor and p.day = v.day group by v.day order by v.day
    """,
    """
    create table mart_products as
    select product, p.price, (select count(*) from stg_items i where i.product = p.product) as sold from dim_products p
    order by product
    """,
    """
    create table mart_days as
    with recursive days(day) as (
        select min(day) from fct_orders union all select day + 1 from days where day < (select max(day) from fct_orders)
    )
    select days.day::date as day, coalesce(sum(amount), 0) as amount
    from days left join fct_orders using (day) group by 1
    """,
    (
        "create table mart_names as "
        "select country as name from mart_countries union all by name select product as name from mart_products"
    ),
    "create table mart_pages as pivot fct_visits on page using count(*) group by day",
    (
        "create table mart_best as "
        "select * exclude (first_day) from dim_customers where big qualify row_number() over (order by id) <= 10"
    ),
    "create table snapshot as from mart_countries",
    "insert into snapshot select country, -1, 0 from stg_customers anti join mart_countries using (country)",
)

EXPORTS = (
    "copy (select country, amount from mart_countries order by amount) to 'out/countries.parquet'",
    "copy mart_funnel to 'out/funnel.csv' (header)",
    "copy (from mart_products) to 'out/products.json'",
    "copy (select b.email, r.amount from mart_best b join stg_refunds r on true) to 'out/refunds.csv'",
    "attach 'archive.duckdb' as archive",
    "create table archive.orders as select * from fct_orders",
    "create table archive.customers as select id, country from dim_customers",
    "insert into archive.customers select visitor, page from fct_visits",
    "detach archive",
)


def receive() -> None:
    """Put what comes as text into the form that the warehouse loads."""
    frame = pd.read_csv("in/items.csv", dtype={"product": "string"})
    frame["price"] = frame["price"].clip(lower=0)
    frame.to_parquet("in/items.parquet", index=False)


def adjust(warehouse: duckdb.DuckDBPyConnection, limits: dict[str, float]) -> None:
    """Let an analyst's numbers into the warehouse: what is too far off is cut."""
    days = warehouse.sql("select day, amount from mart_days").df()
    middle = float(np.median(days["amount"]))
    days["cut"] = days["amount"].clip(upper=middle * limits["factor"])
    warehouse.execute("create table adjusted as select day, cut as amount from days")


def report(warehouse: duckdb.DuckDBPyConnection) -> None:
    """Write what the head of sales reads."""
    best = warehouse.execute("select country, amount from snapshot order by amount desc limit 3").fetchall()
    lines = [f"{country}: {amount:.2f}" for country, amount in best]
    Path("out/report.txt").write_text("\n".join(lines) + "\n")


def main() -> None:
    """Do it all."""
    limits = json.loads(Path("limits.json").read_text())
    receive()
    with duckdb.connect("month.duckdb") as warehouse:
        for statement in (*STAGING, *CORE, *MARTS, *EXPORTS):
            warehouse.execute(statement)
        adjust(warehouse, limits)
        report(warehouse)


if __name__ == "__main__":
    main()
