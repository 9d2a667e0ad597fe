# Run as: cmake -DOUTPUT=file.cc -DMIGRATIONS=a.sql;b.sql -P embed_migrations.cmake
# Writes the definition of entryexit::postgres::EmbeddedMigrations (embedded_migrations.h).
set(entries "")
foreach(path IN LISTS MIGRATIONS)
  get_filename_component(name "${path}" NAME_WE)
  if(NOT name MATCHES "^[0-9][0-9][0-9][0-9]_[a-z_]+$")
    message(FATAL_ERROR "${path} is not named NNNN_verb_noun.sql")
  endif()
  file(READ "${path}" sql)
  string(APPEND entries "      {\"${name}\", R\"migration(${sql})migration\"},\n")
endforeach()
file(WRITE "${OUTPUT}" "#include \"src/postgres/embedded_migrations.h\"

namespace entryexit::postgres {

const std::vector<EmbeddedMigration>& EmbeddedMigrations() {
  static const std::vector<EmbeddedMigration> kMigrations = {
${entries}  };
  return kMigrations;
}

}  // namespace entryexit::postgres
")
