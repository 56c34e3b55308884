# pyright: basic
"""Tasks of a small shop: orders come in as files, totals go out."""

import csv
import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

from celery import Celery

app = Celery("shop_tasks", broker=os.environ["BROKER"])
app.conf.update(
    task_ignore_result=True, broker_connection_retry_on_startup=True, worker_hijack_root_logger=False,
    worker_enable_remote_control=False,
)  # fmt: skip


@app.task
def load(path: str) -> None:
    """Put the orders of a file into the database."""
    with Path(path).open() as file:
        rows = [(row["customer"], float(row["amount"])) for row in csv.DictReader(file)]
    with closing(sqlite3.connect("shop.db")) as database, database:
        database.executemany("insert into orders (customer, amount) values (?, ?)", rows)


@app.task
def summarise() -> None:
    """Write what each customer has spent, and tell how many there are."""
    with closing(sqlite3.connect("shop.db")) as database:
        totals = dict(database.execute("select customer, sum(amount) from orders group by customer"))
    Path("totals.json").write_text(json.dumps(totals))
    notify.delay(f"{len(totals)} customers")


@app.task
def archive() -> None:
    """Copy who has ordered, inside the database."""
    with closing(sqlite3.connect("shop.db")) as database, database:
        database.execute("insert into archive (customer) select customer from orders")


@app.task
def rank() -> None:
    """Rank the customers, inside the database."""
    with closing(sqlite3.connect("shop.db")) as database, database:
        database.execute("insert or ignore into customers (name) select distinct customer from orders")
        database.execute(
            """
            create table ranking as
            with spent as (select customer, sum(amount) as amount from orders group by customer)
            select customers.name, spent.amount from customers join spent on spent.customer = customers.name
            order by spent.amount desc
            """
        )
        database.execute("insert into best (name) select name from ranking limit 1")


@app.task
def notify(text: str) -> None:
    """Tell the shop's owner."""
    with Path("outbox.txt").open("a") as file:
        file.write(text + "\n")
