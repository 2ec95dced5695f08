"""One change per revision: MariaDB has no transactional DDL."""
