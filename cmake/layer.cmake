# parley_layer(NAME FOLDER [TOP_ONLY] [MAY_INCLUDE layer...] [LIBRARIES library...]
#              [OPTIONS option...] [EXCEPT file...])
# makes the target parley_NAME of every .cpp, .re (re2c) and .y (Bison) file under FOLDER; with
# TOP_ONLY those in FOLDER itself, where the folders below it are layers of their own.
# A folder that holds only headers, or nothing yet, gives an interface target of the same name.
find_package(BISON 3.8 REQUIRED)
find_program(RE2C re2c REQUIRED)

set_property(GLOBAL PROPERTY parley_layers "")

function(parley_layer name folder)
  cmake_parse_arguments(arg "TOP_ONLY" "" "MAY_INCLUDE;LIBRARIES;OPTIONS;EXCEPT" ${ARGN})
  set(root ${CMAKE_SOURCE_DIR}/${folder})
  set(glob GLOB_RECURSE)
  if(arg_TOP_ONLY)
    set(glob GLOB)
  endif()
  file(${glob} sources CONFIGURE_DEPENDS ${root}/*.cpp)
  file(${glob} lexers CONFIGURE_DEPENDS ${root}/*.re)
  file(${glob} grammars CONFIGURE_DEPENDS ${root}/*.y)
  foreach(file ${arg_EXCEPT})
    list(REMOVE_ITEM sources ${root}/${file})
  endforeach()
  set(generated "")
  foreach(file ${lexers})
    parley_re2c(${file} generated)
  endforeach()
  foreach(file ${grammars})
    parley_bison(${file} generated)
  endforeach()

  set(target parley_${name})
  if(sources OR generated)
    add_library(${target} STATIC ${sources} ${generated})
    target_compile_options(${target} PRIVATE ${arg_OPTIONS})
    set(scope PUBLIC)
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(${target} ${scope} ${CMAKE_SOURCE_DIR} ${PARLEY_GENERATED_DIR})
  list(TRANSFORM arg_MAY_INCLUDE PREPEND parley_)
  target_link_libraries(${target} ${scope} ${arg_MAY_INCLUDE} ${arg_LIBRARIES})
  set_property(GLOBAL APPEND PROPERTY parley_layers ${name})
  set_property(GLOBAL PROPERTY parley_folder_${name} ${folder})
endfunction()

# x/y.re -> generated/x/y.cpp. Start conditions (-c) are allowed; encodings are set in the file.
function(parley_re2c file list_name)
  file(RELATIVE_PATH path ${CMAKE_SOURCE_DIR} ${file})
  string(REGEX REPLACE "\\.re$" ".cpp" out ${PARLEY_GENERATED_DIR}/${path})
  cmake_path(GET out PARENT_PATH out_dir)
  file(MAKE_DIRECTORY ${out_dir})
  add_custom_command(
    OUTPUT ${out}
    COMMAND ${RE2C} -c -W -Wno-nondeterministic-tags -Werror -o ${out} ${path}
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
    DEPENDS ${file}
    COMMENT "re2c ${path}"
    VERBATIM)
  set(${list_name} ${${list_name}} ${out} PARENT_SCOPE)
endfunction()

# x/y.y -> generated/x/y.cpp and generated/x/y.h, which is included as "x/y.h". The file itself
# asks for the C++ skeleton: %skeleton "lalr1.cc".
function(parley_bison file list_name)
  file(RELATIVE_PATH path ${CMAKE_SOURCE_DIR} ${file})
  string(REGEX REPLACE "\\.y$" "" stem ${PARLEY_GENERATED_DIR}/${path})
  cmake_path(GET stem PARENT_PATH out_dir)
  file(MAKE_DIRECTORY ${out_dir})
  add_custom_command(
    OUTPUT ${stem}.cpp ${stem}.h
    COMMAND ${BISON_EXECUTABLE} -Wall -Werror --header=${stem}.h -o ${stem}.cpp ${path}
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
    DEPENDS ${file}
    COMMENT "bison ${path}"
    VERBATIM)
  # The skeleton counts error tokens in a variable that it never reads.
  set_source_files_properties(${stem}.cpp PROPERTIES COMPILE_OPTIONS
                              "-Wno-unused-but-set-variable")
  set(${list_name} ${${list_name}} ${stem}.cpp ${stem}.h PARENT_SCOPE)
endfunction()
