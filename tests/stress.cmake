# Programs that disturb the machine at random on two schedulers and check what must hold all the
# same. They print their seed; worth most under thread sanitizer.
if(NOT TARGET parley)
  return()
endif()

add_test(NAME stress_process_trees
         COMMAND parley run --schedulers 2 ${CMAKE_CURRENT_SOURCE_DIR}/stress/process_trees.par 5)
set_tests_properties(stress_process_trees PROPERTIES LABELS stress PROCESSORS 2
                     TIMEOUT ${PARLEY_TEST_TIMEOUT_SECONDS}
                     PASS_REGULAR_EXPRESSION "all held"
                     FAIL_REGULAR_EXPRESSION "failed:;WARNING: Thread;ERROR: Address")

# Ten seconds of 1 ms timers beside busy processes of four kinds: what the release promises.
if(NOT PARLEY_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_test(NAME stress_latency COMMAND ${CMAKE_SOURCE_DIR}/bench/latency --seconds 1 --check
                                       --attempts 5
                                       --parley $<TARGET_FILE:parley>)
  set_tests_properties(stress_latency PROPERTIES LABELS stress RUN_SERIAL ON
                       TIMEOUT ${PARLEY_TEST_TIMEOUT_SECONDS})
endif()
