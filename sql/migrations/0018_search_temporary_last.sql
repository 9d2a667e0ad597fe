-- What runs with the owner's rights must find nobody else's types and functions. A search path that does
-- not name pg_temp has it first, and there whoever may make temporary objects can put a "text" of his own.

DO $$
DECLARE
  ours regprocedure;
BEGIN
  FOR ours IN SELECT oid FROM pg_proc
              WHERE pronamespace = 'public'::regnamespace
                AND proconfig @> ARRAY['search_path=pg_catalog'] LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = pg_catalog, pg_temp', ours);
  END LOOP;
END
$$;
