-- What a cluster needs before the first migration, run once by its superuser; harmless when run again.
-- The owner applies the migrations and owns every table. The daemon signs in as entryexitd and holds
-- only what the migrations grant to the group entryexit_daemon; who is a member of entryexit_reader may
-- read what names nobody. No passwords here: set them with
-- ALTER ROLE where the cluster is reached over a network.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'entryexit_owner') THEN
    CREATE ROLE entryexit_owner LOGIN CREATEROLE;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'entryexit_daemon') THEN
    CREATE ROLE entryexit_daemon NOLOGIN;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'entryexit_reader') THEN
    CREATE ROLE entryexit_reader NOLOGIN;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'entryexitd') THEN
    CREATE ROLE entryexitd LOGIN IN ROLE entryexit_daemon;
  END IF;
END
$$;
