# The documentation is tested: generated references say what the tables say, and the examples of
# the library and of docs/ give what they are documented to give. None of it depends on the
# build, so it runs in the release build only. Where Erlang/OTP is of another release than the one
# the gaps were counted against, that page is not checked.
if(PARLEY_SANITIZE OR NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  return()
endif()

add_test(NAME docs_fresh COMMAND ${CMAKE_SOURCE_DIR}/scripts/gen-docs --check)
set_tests_properties(docs_fresh PROPERTIES LABELS docs TIMEOUT 20)

find_program(ESCRIPT escript)
if(ESCRIPT)
  add_test(NAME docs_otp_gaps COMMAND ${ESCRIPT} ${CMAKE_SOURCE_DIR}/scripts/gen-otp-gaps --check)
  set_tests_properties(docs_otp_gaps PROPERTIES LABELS docs TIMEOUT 60 SKIP_RETURN_CODE 77)
endif()

add_test(NAME docs_examples_otp COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/docs/examples --oracle)
set_tests_properties(docs_examples_otp PROPERTIES LABELS docs TIMEOUT 120 SKIP_RETURN_CODE 77)
if(TARGET parley)
  add_test(NAME docs_examples COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/docs/examples
                                      --binary $<TARGET_FILE:parley>)
  set_tests_properties(docs_examples PROPERTIES LABELS docs TIMEOUT 300 PROCESSORS 2)
endif()
