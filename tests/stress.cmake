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

# The order of signals between pairs of processes. On more schedulers than cores, threads are
# stopped in the middle of everything.
foreach(schedulers 1 2 16)
  add_test(NAME stress_signal_order_${schedulers}
           COMMAND parley run --schedulers ${schedulers}
                   ${CMAKE_CURRENT_SOURCE_DIR}/stress/signal_order.par 20)
  set_tests_properties(stress_signal_order_${schedulers} PROPERTIES LABELS stress PROCESSORS 2
                       TIMEOUT ${PARLEY_TEST_TIMEOUT_SECONDS}
                       PASS_REGULAR_EXPRESSION "all held"
                       FAIL_REGULAR_EXPRESSION "failed:;WARNING: Thread;ERROR: Address")
endforeach()

# The same random process programs on Parley and on Erlang/OTP; the seed is fixed, so that a change
# is told apart from a new program. By hand they are drawn.
if(NOT PARLEY_DEV AND NOT PARLEY_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_test(NAME stress_random_processes
           COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/stress/random_processes --seed 1 --count 1000
                   --binary $<TARGET_FILE:parley>)
  set_tests_properties(stress_random_processes PROPERTIES LABELS stress PROCESSORS 2
                       SKIP_RETURN_CODE 77 TIMEOUT 180)
endif()

# Ten seconds of 1 ms timers beside busy processes of four kinds: what the release promises.
if(NOT PARLEY_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_test(NAME stress_latency COMMAND ${CMAKE_SOURCE_DIR}/bench/latency --seconds 1 --check
                                       --attempts 5
                                       --parley $<TARGET_FILE:parley>)
  set_tests_properties(stress_latency PROPERTIES LABELS stress RUN_SERIAL ON
                       TIMEOUT ${PARLEY_TEST_TIMEOUT_SECONDS})
endif()
