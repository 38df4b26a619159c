# tests/unit/LAYER/**/*.cpp -> the doctest program unit_LAYER, which links that layer and so may
# include what the layer may. A folder that is not named after a layer links everything.
get_property(layers GLOBAL PROPERTY parley_layers)

add_library(unit_main OBJECT ${CMAKE_CURRENT_SOURCE_DIR}/unit/main.cpp)
target_link_libraries(unit_main PUBLIC doctest::doctest)

file(GLOB folders CONFIGURE_DEPENDS LIST_DIRECTORIES true ${CMAKE_CURRENT_SOURCE_DIR}/unit/*)
foreach(folder ${folders})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${folder}/*.cpp)
  if(NOT IS_DIRECTORY ${folder} OR NOT sources)
    continue()
  endif()
  cmake_path(GET folder FILENAME name)
  add_executable(unit_${name} ${sources})
  target_include_directories(unit_${name} PRIVATE ${CMAKE_SOURCE_DIR})
  if(name STREQUAL "cli" OR NOT name IN_LIST layers)
    target_sources(unit_${name} PRIVATE ${CMAKE_SOURCE_DIR}/cmake/no_library_image.cpp)
  endif()
  if(name IN_LIST layers)
    target_link_libraries(unit_${name} PRIVATE unit_main parley_${name})
  else()
    target_link_libraries(unit_${name} PRIVATE unit_main parley_node parley_compiler parley_cli)
  endif()
  target_link_libraries(unit_${name} PRIVATE rapidcheck)
  add_test(NAME unit_${name} COMMAND unit_${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(unit_${name} PROPERTIES LABELS unit
                       TIMEOUT ${PARLEY_TEST_TIMEOUT_SECONDS})
endforeach()
