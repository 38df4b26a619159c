# tests/fuzz/NAME.cpp (a libFuzzer target) -> the program fuzz_NAME. Its test is a short run from
# the kept corpus tests/fuzz/corpus/NAME; new inputs go to the build folder. For a long run:
#   build/fuzz/bin/fuzz_NAME -max_total_time=3600 DIRECTORY tests/fuzz/corpus/NAME
set(PARLEY_FUZZ_SECONDS 20 CACHE STRING "how long each fuzzer's test runs")
math(EXPR fuzz_limit_seconds "${PARLEY_FUZZ_SECONDS} + 120")

# A fuzzer links everything, or the layers named here, and may have more sources.
set(fuzz_module_layers parley_node parley_compiler)
set(fuzz_module_sources ${CMAKE_CURRENT_SOURCE_DIR}/unit/freeze/hand_node.cpp)
set(fuzz_external_layers parley_heap)
set(fuzz_source_layers parley_compiler parley_code)
set(fuzz_irc_layers parley_cli parley_library_image)

file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/*.cpp)
foreach(source ${sources})
  cmake_path(GET source STEM name)
  add_executable(fuzz_${name} ${source} ${fuzz_${name}_sources})
  if(NOT DEFINED fuzz_${name}_layers)
    set(fuzz_${name}_layers parley_node parley_compiler)
  endif()
  target_link_libraries(fuzz_${name} PRIVATE ${fuzz_${name}_layers})
  target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  set(new_inputs ${CMAKE_CURRENT_BINARY_DIR}/fuzz/${name})
  file(MAKE_DIRECTORY ${new_inputs} ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/corpus/${name})
  add_test(NAME fuzz_${name}
           COMMAND fuzz_${name} -max_total_time=${PARLEY_FUZZ_SECONDS} -print_final_stats=1
                   -timeout=10 -rss_limit_mb=2048 -max_len=4096 -verbosity=1
                   ${new_inputs} ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/corpus/${name})
  # A fuzzer that executed next to nothing has not tested anything.
  set_tests_properties(fuzz_${name} PROPERTIES LABELS fuzz TIMEOUT ${fuzz_limit_seconds}
                       FAIL_REGULAR_EXPRESSION
                       "number_of_executed_units: [0-9][0-9]?[0-9]?\n")
endforeach()
