//! The one database: schema, queries, migrations; SQLite and PostgreSQL.
