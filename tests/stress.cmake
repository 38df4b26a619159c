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
