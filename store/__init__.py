"""PostgreSQL: tables, migrations, queries, the queue of rows about calls. Nothing of HTTP."""
