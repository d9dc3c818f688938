-- Run once as a superuser. The owner migrates; processes step down to the application role inside every transaction
-- (HP_DATABASE_APP_ROLE), for which row security is forced; the backup role reads past row security and may copy the
-- server's files (pg_hba.conf: a line for database "replication").
CREATE ROLE health_owner LOGIN;
CREATE ROLE health_app NOLOGIN;
CREATE ROLE health_backup LOGIN BYPASSRLS REPLICATION;
GRANT health_app TO health_owner;
CREATE DATABASE health OWNER health_owner ENCODING 'UTF8' TEMPLATE template0;
\connect health
GRANT pg_read_all_data TO health_backup;
