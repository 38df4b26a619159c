# The standard library inside the program. The program is linked twice from the same objects:
# first as parley_bootstrap, which holds no library and compiles stdlib/ to BUILD/stdlib/*.parc,
# then as parley, which holds those files in its read-only data (cli/library_image.h finds them).

# Defines the targets parley_bootstrap and parley from one source list.
function(parley_program)
  file(GLOB_RECURSE modules CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/stdlib/*.par)
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/stdlib/*.hrl)
  set(folder ${CMAKE_BINARY_DIR}/stdlib)
  file(MAKE_DIRECTORY ${folder})

  set(compiled "")
  set(arguments "")
  set(data "")
  set(rows "")
  foreach(module ${modules})
    file(RELATIVE_PATH path ${CMAKE_SOURCE_DIR} ${module})
    cmake_path(GET module STEM name)
    list(APPEND arguments ${path})
    list(APPEND compiled ${folder}/${name}.parc)
    string(APPEND data "asm(PARLEY_INCBIN(\"${name}\", \"${folder}/${name}.parc\"));\n"
                       "extern \"C\" const unsigned char parley_module_${name}[];\n"
                       "extern \"C\" const unsigned char parley_module_${name}_end[];\n")
    string(APPEND rows "    row(\"${name}\", parley_module_${name}, parley_module_${name}_end),\n")
  endforeach()
  # Headers for -include_lib lie in the program as they are, named by their last part.
  set(header_rows "")
  set(number 0)
  foreach(header ${headers})
    cmake_path(GET header FILENAME name)
    math(EXPR number "${number} + 1")
    set(symbol header_${number})
    string(APPEND data "asm(PARLEY_INCBIN(\"${symbol}\", \"${header}\"));\n"
                       "extern \"C\" const unsigned char parley_module_${symbol}[];\n"
                       "extern \"C\" const unsigned char parley_module_${symbol}_end[];\n")
    string(APPEND header_rows
           "    row(\"${name}\", parley_module_${symbol}, parley_module_${symbol}_end),\n")
  endforeach()
  configure_file(${CMAKE_SOURCE_DIR}/cmake/library_image.cpp.in
                 ${PARLEY_GENERATED_DIR}/cli/library_image.cpp @ONLY)

  add_executable(parley_bootstrap ${ARGN} ${CMAKE_SOURCE_DIR}/cmake/no_library_image.cpp)
  target_link_libraries(parley_bootstrap PRIVATE parley_cli)
  add_custom_command(
    OUTPUT ${compiled}
    COMMAND parley_bootstrap compile -o ${folder} ${arguments}
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
    DEPENDS parley_bootstrap ${modules} ${headers}
    COMMENT "Compiling the standard library"
    VERBATIM)
  set_source_files_properties(${PARLEY_GENERATED_DIR}/cli/library_image.cpp PROPERTIES
                              OBJECT_DEPENDS "${compiled};${headers}")
  # For every program that brings the library along.
  add_library(parley_library_image OBJECT ${PARLEY_GENERATED_DIR}/cli/library_image.cpp)
  target_include_directories(parley_library_image PRIVATE ${CMAKE_SOURCE_DIR})
  add_executable(parley ${ARGN})
  target_link_libraries(parley PRIVATE parley_cli parley_library_image)
endfunction()
