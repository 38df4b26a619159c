# The style tests. Style does not depend on the build, so they run in the release build only.
if(PARLEY_SANITIZE OR NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  return()
endif()

add_test(NAME tidy COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/tidy/check)
add_test(NAME tidy_self_test COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/tidy/check --self-test)
set_tests_properties(tidy tidy_self_test PROPERTIES LABELS tidy TIMEOUT 120)

# Nothing mutable is global: asked of the archives, where no way of writing it is hidden.
set(mutable_globals ${CMAKE_CURRENT_SOURCE_DIR}/tidy/mutable_globals)
add_test(NAME mutable_globals
         COMMAND ${mutable_globals} ${CMAKE_BINARY_DIR}/vm ${CMAKE_BINARY_DIR}/compiler)
add_test(NAME mutable_globals_self_test
         COMMAND ${mutable_globals} --self-test ${CMAKE_CXX_COMPILER})
set_tests_properties(mutable_globals mutable_globals_self_test
                     PROPERTIES LABELS tidy TIMEOUT 120)

# Headers compile alone: a source file a header that includes it twice and nothing else.
# They are built by the test itself, not by the build that ships the program.
get_property(layers GLOBAL PROPERTY parley_layers)
add_custom_target(headers_alone)
foreach(layer ${layers})
  get_property(folder GLOBAL PROPERTY parley_folder_${layer})
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.h)
  set(sources "")
  foreach(header ${headers})
    file(RELATIVE_PATH path ${CMAKE_SOURCE_DIR} ${header})
    set(source ${CMAKE_CURRENT_BINARY_DIR}/headers/${path}.cpp)
    file(CONFIGURE OUTPUT ${source} CONTENT "#include \"${path}\"\n#include \"${path}\"\n")
    list(APPEND sources ${source})
  endforeach()
  if(sources)
    add_library(headers_alone_${layer} OBJECT EXCLUDE_FROM_ALL ${sources})
    target_link_libraries(headers_alone_${layer} PRIVATE parley_${layer})
    add_dependencies(headers_alone headers_alone_${layer})
  endif()
endforeach()
add_test(NAME headers_alone
         COMMAND ${CMAKE_COMMAND} --build ${CMAKE_BINARY_DIR} --target headers_alone)
set_tests_properties(headers_alone PROPERTIES LABELS tidy TIMEOUT 600 PROCESSORS 2)
