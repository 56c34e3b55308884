"""Database servers for tests: started once, on a free loopback port in a temporary directory, and stopped."""

from tests.integrations.databases.mariadb import mariadb
from tests.integrations.databases.postgres import Server, postgres

__all__ = ["Server", "mariadb", "postgres"]
