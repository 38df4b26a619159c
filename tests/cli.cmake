# The command line as its users meet it: one ctest a verb, each in a folder of its own.
find_package(Python3 COMPONENTS Interpreter REQUIRED)
if(NOT TARGET parley)
  return()
endif()

file(GLOB cli_tests CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/cli/test_*.py)
foreach(file ${cli_tests})
  cmake_path(GET file STEM name)
  string(REPLACE "test_" "cli_" name ${name})
  add_test(NAME ${name} COMMAND ${Python3_EXECUTABLE} ${file})
  set(environment "PARLEY_BINARY=$<TARGET_FILE:parley>")
  if(PARLEY_SANITIZE)
    set(known_leaks ${CMAKE_CURRENT_SOURCE_DIR}/cli/libedit.supp)
    list(APPEND environment PARLEY_SLOW=1
         "LSAN_OPTIONS=print_suppressions=0:suppressions=${known_leaks}")
  endif()
  set_tests_properties(${name} PROPERTIES LABELS cli ENVIRONMENT "${environment}"
                       TIMEOUT 300 SKIP_RETURN_CODE 77)
endforeach()
