# pyright: basic
"""Load what came in today, sum it up by country, and say what has changed since yesterday."""

import json
from pathlib import Path

import duckdb
import pandas as pd


def cleaned(path: str) -> pd.DataFrame:
    """Return a file's rows with tidy addresses, each customer once."""
    frame = pd.read_csv(path)
    frame["email"] = frame["email"].str.strip().str.lower()
    frame["country"] = frame["country"].fillna("??")
    return frame.drop_duplicates(subset="id").sort_values("id")


def load_customers(warehouse: duckdb.DuckDBPyConnection) -> None:
    """Put the customers into the warehouse, by a file that others use too."""
    cleaned("customers.csv").to_parquet("customers.parquet", index=False)
    warehouse.execute("create or replace table customers as select id, email, country from 'customers.parquet'")


def load_orders(warehouse: duckdb.DuckDBPyConnection) -> None:
    """Put the orders into the warehouse."""
    warehouse.execute("create or replace table orders as select * from read_csv('orders.csv')")


def refuse(warehouse: duckdb.DuckDBPyConnection) -> None:
    """Set aside orders that cannot be right."""
    wrong = warehouse.execute("select id, amount from orders where amount < 0").df()
    wrong["why"] = "negative amount"
    wrong.to_csv("refused.csv", index=False)


def sum_up(warehouse: duckdb.DuckDBPyConnection) -> None:
    """Sum orders up by country."""
    warehouse.execute(
        """
        create or replace table totals as
        select country, sum(amount) as amount, count(*) as orders
        from orders join customers on customers.id = orders.customer
        group by country
        """
    )


def export(warehouse: duckdb.DuckDBPyConnection) -> None:
    """Hand the totals to whoever reads files."""
    warehouse.execute("copy (select country, amount from totals order by country) to 'totals.csv' (header)")


def compare(least: float) -> None:
    """Write down which countries have changed by more than a limit."""
    now, before = pd.read_csv("totals.csv"), pd.read_csv("before.csv")
    both = now.merge(before, on="country", how="outer", suffixes=("", "_before")).fillna(0)
    both["change"] = both["amount"] - both["amount_before"]
    both[both["change"].abs() >= least].to_json("changes.json", orient="records")


def main() -> None:
    """Do it all."""
    settings = json.loads(Path("settings.json").read_text())
    with duckdb.connect("warehouse.duckdb") as warehouse:
        load_customers(warehouse)
        load_orders(warehouse)
        refuse(warehouse)
        sum_up(warehouse)
        export(warehouse)
    compare(settings["least"])


if __name__ == "__main__":
    main()
