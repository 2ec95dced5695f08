-- Who may do what in the database. setup-host fills in @DATABASE@, after it has made the users with their passwords.
-- Said again and again it changes nothing.

-- Jobs, watcher and operators: rows, but no tables. What goes wrong with them cannot lose more than rows.
GRANT SELECT, INSERT, UPDATE, DELETE ON `@DATABASE@`.* TO hallofshame@localhost;

-- hos migrate and deployment/restore: the only ones that make, change and drop tables.
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, REFERENCES
  ON `@DATABASE@`.* TO hallofshame_migrate@localhost;

-- The site reads, and enters what a mail's link asks for. CREATE is lent only because a table that no migration
-- has made yet cannot be granted without it.
GRANT SELECT ON `@DATABASE@`.* TO hallofshame_web@localhost;
GRANT INSERT, CREATE ON `@DATABASE@`.alert_requests TO hallofshame_web@localhost;
REVOKE CREATE ON `@DATABASE@`.alert_requests FROM hallofshame_web@localhost;
