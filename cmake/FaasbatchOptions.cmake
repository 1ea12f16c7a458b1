# Compiler settings and third-party packages, all from Debian, none pinned.

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

# Most of a compilation is reading headers: eight files of a folder together take little longer than one (`debug` takes them one by one).
set(CMAKE_UNITY_BUILD_BATCH_SIZE 8)
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  set(FAASBATCH_TEST_OPTIONS -O0)  # nobody measures the tests themselves
endif()

option(FAASBATCH_FUZZ "Build the fuzz targets with libFuzzer (clang only)" OFF)
set(FAASBATCH_SANITIZE "" CACHE STRING "Sanitizers to build with, as -fsanitize= takes them")

add_compile_options(-Wall -Wextra -Wno-missing-field-initializers -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports false positives of these inside coroutine frames and inlined containers.
  add_compile_options(-Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-array-bounds -Wno-restrict
                      -Wno-dangling-pointer -Wno-free-nonheap-object
                      -Wno-stringop-overread -Wno-use-after-free -Wno-nonnull)
  # -Wno-subobject-linkage: an unnamed namespace in one of several sources that are compiled together is not one in a header.
  add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:SHELL:-fcoroutines -Wno-mismatched-new-delete -Wno-subobject-linkage>")
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # Boost 1.74 does not detect coroutines under clang in C++23 by itself.
  add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:SHELL:-include coroutine>")
  add_compile_definitions(BOOST_ASIO_HAS_CO_AWAIT=1 BOOST_ASIO_HAS_STD_COROUTINE=1)
endif()
if(FAASBATCH_SANITIZE)
  add_compile_options(-fsanitize=${FAASBATCH_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${FAASBATCH_SANITIZE})
endif()

find_program(FAASBATCH_CCACHE ccache)
if(FAASBATCH_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${FAASBATCH_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${FAASBATCH_CCACHE})
endif()
find_program(FAASBATCH_MOLD mold)
if(FAASBATCH_MOLD AND NOT FAASBATCH_SANITIZE)
  add_link_options(-fuse-ld=mold)
endif()

find_package(Threads REQUIRED)
if(POLICY CMP0167)
  cmake_policy(SET CMP0167 NEW)  # newer CMake leaves finding Boost to Boost
endif()
find_package(Boost REQUIRED)
find_package(GTest REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CURL REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(spdlog REQUIRED)
find_package(absl REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(hiredis REQUIRED IMPORTED_TARGET hiredis)
pkg_check_modules(re2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(libzip REQUIRED IMPORTED_TARGET libzip)
find_library(FAASBATCH_YAML_CPP yaml-cpp REQUIRED)

include_directories(${PROJECT_SOURCE_DIR} ${CMAKE_BINARY_DIR}/generated)
