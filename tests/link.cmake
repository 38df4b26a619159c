# One tiny program a layer, which links the whole of that layer and what it may include: a symbol
# that only a higher layer has is an undefined symbol here. Layers with headers only have nothing
# to link, and no program.
get_property(layers GLOBAL PROPERTY parley_layers)
foreach(layer ${layers})
  get_target_property(type parley_${layer} TYPE)
  if(NOT type STREQUAL "STATIC_LIBRARY")
    continue()
  endif()
  add_executable(link_${layer} ${CMAKE_CURRENT_SOURCE_DIR}/link/main.cpp)
  if(layer STREQUAL "cli")
    target_sources(link_cli PRIVATE ${CMAKE_SOURCE_DIR}/cmake/no_library_image.cpp)
  endif()
  target_compile_definitions(link_${layer} PRIVATE PARLEY_LAYER="${layer}")
  target_link_libraries(link_${layer} PRIVATE $<LINK_LIBRARY:WHOLE_ARCHIVE,parley_${layer}>)
  add_test(NAME link_${layer} COMMAND link_${layer})
  set_tests_properties(link_${layer} PROPERTIES LABELS link TIMEOUT 20
                       PASS_REGULAR_EXPRESSION "^${layer} links alone\n$")
endforeach()
