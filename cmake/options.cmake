# Compiler options that hold for every target, and the options of the presets.
# The presets (CMakePresets.json) choose the compiler; everything else is decided here.

set(PARLEY_SANITIZE "" CACHE STRING "sanitizers, as -fsanitize= takes them; empty for none")
option(PARLEY_DEV "assertions and checks that cost speed: PARLEY_DEBUG_ASSERT, GC stress" OFF)
option(PARLEY_FUZZ "build the fuzzers of tests/fuzz and nothing else of the tests" OFF)

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
# Optimisation levels stand in PARLEY_OPTIMIZE, so that no build type adds its own.
set(CMAKE_BUILD_TYPE "" CACHE STRING "unused: the presets say it" FORCE)
set(PARLEY_OPTIMIZE "-O2 -g1" CACHE STRING "optimisation and debug information")
separate_arguments(parley_optimize UNIX_COMMAND "${PARLEY_OPTIMIZE}")

# Includes are written from the repository root, generated headers from the generated tree that
# mirrors it.
set(PARLEY_GENERATED_DIR ${CMAKE_BINARY_DIR}/generated)
file(MAKE_DIRECTORY ${PARLEY_GENERATED_DIR})

add_compile_options(${parley_optimize} -Wall -Wextra -Werror -Wno-missing-field-initializers
                    -fno-omit-frame-pointer -fdiagnostics-color=auto)
# Messages and __FILE__ name a file from the repository root, wherever the checkout lies. The
# relative form is what the compiler sees when ccache has shortened the path.
file(RELATIVE_PATH parley_up ${CMAKE_BINARY_DIR} ${CMAKE_SOURCE_DIR})
add_compile_options(-fmacro-prefix-map=${CMAKE_SOURCE_DIR}/= -fmacro-prefix-map=${parley_up}=)

# Instruction words hold 32-bit addresses of handlers, so the program lies in the lower 4 GiB.
add_compile_options(-fno-pie)
add_link_options(-no-pie)

if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  add_compile_options(-mcx16)  # 16-byte compare-and-swap
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  link_libraries(atomic)  # gcc calls the library for 16-byte atomics
endif()
if(PARLEY_SANITIZE MATCHES "address")
  add_compile_definitions(PARLEY_ASAN=1)
endif()
if(PARLEY_SANITIZE)
  add_compile_options(-fsanitize=${PARLEY_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${PARLEY_SANITIZE})
endif()
if(PARLEY_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)  # edge coverage; fuzz_* link the driver
endif()
if(PARLEY_DEV)
  add_compile_definitions(PARLEY_DEV=1 _GLIBCXX_ASSERTIONS=1)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  add_link_options(-fuse-ld=lld)
endif()
# A release is one executable: it brings its C++ library along. (A fuzzer must not: libFuzzer's own
# operator new would stand before the address sanitizer's.)
if(NOT PARLEY_FUZZ)
  add_link_options(-static-libgcc -static-libstdc++)
endif()

# ccache, where it is installed. Paths are hashed relative to the checkout, so that every checkout
# on the machine shares one cache.
find_program(PARLEY_CCACHE ccache)
if(PARLEY_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}
      CCACHE_NOHASHDIR=1 ${PARLEY_CCACHE})
endif()
