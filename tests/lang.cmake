# The language tests, once a variant. They need the program; while the command line is not part of
# the tree there is nothing to run them with, and they are absent rather than green.
if(NOT TARGET parley)
  return()
endif()

# parley_lang_test(VARIANT ARGUMENT...): arguments are tests/lang/run's.
function(parley_lang_test variant)
  set(limit_s 600)
  set(file_limit_s 20)
  if(PARLEY_SANITIZE)
    set(limit_s 1200)
    set(file_limit_s 60)
  endif()
  add_test(NAME lang_${variant}
           COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/lang/run --binary $<TARGET_FILE:parley>
                   --timeout-s ${file_limit_s} ${ARGN})
  set_tests_properties(lang_${variant} PROPERTIES LABELS lang TIMEOUT ${limit_s}
                       SKIP_RETURN_CODE 77 PROCESSORS 2)
endfunction()

parley_lang_test(plain)
parley_lang_test(slice_1 --flags=--slice\ 1 --without time)
# A world that is small: pids and slots are used again every second, and little more atoms fit than
# the library and the tests have.
parley_lang_test(small_world --flags=--max-processes\ 256\ --generation-bits\ 4\ --max-atoms\ 2048
                 --limit procs=200 --limit atoms=256 --without stable_pids)
if(NOT PARLEY_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  parley_lang_test(loop --flags=--engine\ loop)
endif()
if(PARLEY_DEV)
  parley_lang_test(gc_stress --flags=--gc-stress --without speed)
elseif(NOT PARLEY_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # What a program prints does not depend on the build, so the oracle runs once.
  parley_lang_test(oracle --oracle)
  # Parts of the library that Erlang/OTP has not, run there with stand-ins for the natives.
  add_test(NAME lang_ours COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/oracle/run_ours)
  set_tests_properties(lang_ours PROPERTIES LABELS lang TIMEOUT 300 PROCESSORS 2)
endif()
