"""The only importer of SQLAlchemy: schema, engine, upsert, migrations, one module per table family."""
