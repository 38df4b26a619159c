# The end-to-end tests: real clients against a running chat node, one ctest a scenario.
# On Erlang/OTP the same modules run without the program, which proves the application and the
# tests themselves; PARLEY_E2E runs them on the program that was built.
option(PARLEY_E2E "Run the end-to-end tests on the built program" ON)
find_package(Python3 COMPONENTS Interpreter REQUIRED)

# parley_e2e_tests(ENGINE SCENARIOS ARGUMENT...): ARGUMENT is given to tests/e2e/run; SCENARIOS is
# a list, or all.
function(parley_e2e_tests engine scenarios)
  set(runner ${CMAKE_CURRENT_SOURCE_DIR}/e2e/run)
  if(scenarios STREQUAL "all")
    execute_process(COMMAND ${Python3_EXECUTABLE} ${runner} --list OUTPUT_VARIABLE scenarios
                    COMMAND_ERROR_IS_FATAL ANY)
    string(REPLACE "\n" ";" scenarios "${scenarios}")
  endif()
  foreach(scenario IN LISTS scenarios)
    if(scenario STREQUAL "")
      continue()
    endif()
    add_test(NAME e2e_${engine}_${scenario}
             COMMAND ${runner} --engine ${engine} ${ARGN} ${scenario})
    # Time limits are measured: no other test beside one on a small machine.
    set_tests_properties(e2e_${engine}_${scenario} PROPERTIES LABELS e2e TIMEOUT 300
                         SKIP_RETURN_CODE 77 PROCESSORS 2)
  endforeach()
endfunction()

if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  return()  # gcc's build is for the language: its loop engine runs the language tests
endif()
if(TARGET parley AND PARLEY_E2E)
  if(PARLEY_DEV)
    # Not those that measure memory: the address sanitizer keeps what is freed.
    parley_e2e_tests(parley "talk;offline;crash;supervision;upgrade;limits;goodbye;chaos"
                     --binary $<TARGET_FILE:parley>)
  else()
    parley_e2e_tests(parley all --binary $<TARGET_FILE:parley>)
  endif()
endif()
if(NOT PARLEY_DEV AND NOT PARLEY_SANITIZE)
  # What the application does on Erlang/OTP does not depend on the build: once is enough.
  parley_e2e_tests(otp all)
endif()
