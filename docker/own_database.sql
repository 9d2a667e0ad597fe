-- The image makes the database for its superuser; the role that applies the migrations shall own it.
ALTER DATABASE entryexit OWNER TO entryexit_owner;
