# Third-party libraries, all from the distribution, linked statically: the program is one file.
# A layer names those that it uses in its parley_layer() line.
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)

function(parley_static_library name header)
  find_path(${name}_include ${header} REQUIRED)
  add_library(parley_lib_${name} INTERFACE)
  target_include_directories(parley_lib_${name} SYSTEM INTERFACE ${${name}_include})
  foreach(file ${ARGN})
    find_library(${name}_${file} NAMES ${file} REQUIRED)
    target_link_libraries(parley_lib_${name} INTERFACE ${${name}_${file}})
  endforeach()
endfunction()

parley_static_library(gmp gmp.h libgmp.a)
parley_static_library(zlib zlib.h libz.a)
parley_static_library(utf8proc utf8proc.h libutf8proc.a)
parley_static_library(pcre2 pcre2.h libpcre2-8.a)
parley_static_library(edit histedit.h libedit.a libtinfo.a libbsd.a libmd.a)
parley_static_library(cli11 CLI/CLI.hpp)
parley_static_library(toml toml++/toml.h)

# Debian ships fmt as headers and a shared object; its one source file is compiled here instead.
add_library(parley_lib_fmt STATIC ${CMAKE_SOURCE_DIR}/cmake/fmt.cpp)
target_include_directories(parley_lib_fmt SYSTEM PUBLIC
  $<TARGET_PROPERTY:fmt::fmt-header-only,INTERFACE_INCLUDE_DIRECTORIES>)

# mimalloc only where a static archive exists (Debian has none: a shared one would be a second
# file to ship). vm/base/alloc asks for PARLEY_HAVE_MIMALLOC.
add_library(parley_lib_mimalloc INTERFACE)
find_library(PARLEY_MIMALLOC NAMES libmimalloc-static.a libmimalloc.a)
if(PARLEY_MIMALLOC AND NOT PARLEY_SANITIZE)
  target_link_libraries(parley_lib_mimalloc INTERFACE ${PARLEY_MIMALLOC})
  target_compile_definitions(parley_lib_mimalloc INTERFACE PARLEY_HAVE_MIMALLOC=1)
endif()
