# The generated references must say what the tables say.
add_test(NAME docs_fresh COMMAND ${CMAKE_SOURCE_DIR}/scripts/gen-docs --check)
set_tests_properties(docs_fresh PROPERTIES LABELS tidy TIMEOUT 20)
