# faasbatch_module(NAME [DEPS target...]): one folder becomes one static library `fb_NAME`.
#
#   *.cpp        the library             main.cpp     left to faasbatch_program
#   *_test.cpp   one GoogleTest program  `NAME_test`, one CTest of the same name
#   *_bench.cpp  one program each, `NAME_bench`-style, built but not run by CTest
#   *_fuzz.cpp   libFuzzer targets under -DFAASBATCH_FUZZ=ON; otherwise a CTest replays the corpus
#                that lies in `corpus/STEM/` beside the source
#
# Sources are compiled eight at a time, so names in the unnamed namespaces of one folder must differ; a source whose names do not is compiled
# by itself when it stands in ALONE. TEST_DEPS are linked to the tests only. Test programs see FAASBATCH_SOURCE_DIR and FAASBATCH_BIN_DIR.
include(GoogleTest)

function(faasbatch_module NAME)
  cmake_parse_arguments(ARG "" "TEST_TIMEOUT" "DEPS;TEST_DEPS;ALONE" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  set_source_files_properties(${ARG_ALONE} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  set(tests ${sources})
  set(fuzzers ${sources})
  set(benches ${sources})
  list(FILTER sources EXCLUDE REGEX "(_test|_bench|_fuzz|/main)\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cpp$")
  list(FILTER benches INCLUDE REGEX "_bench\\.cpp$")

  if(sources)
    add_library(fb_${NAME} STATIC ${sources})
    target_link_libraries(fb_${NAME} PUBLIC ${ARG_DEPS} Threads::Threads)
  else()
    add_library(fb_${NAME} INTERFACE)
    target_link_libraries(fb_${NAME} INTERFACE ${ARG_DEPS} Threads::Threads)
  endif()

  if(tests)
    add_executable(${NAME}_test ${tests})
    target_link_libraries(${NAME}_test PRIVATE fb_${NAME} ${ARG_TEST_DEPS} GTest::gmock GTest::gtest GTest::gtest_main)
    faasbatch_test_program(${NAME}_test)
    target_compile_options(${NAME}_test PRIVATE ${FAASBATCH_TEST_OPTIONS})
    add_test(NAME ${NAME} COMMAND ${NAME}_test)
    if(NOT ARG_TEST_TIMEOUT)
      set(ARG_TEST_TIMEOUT 300)
    endif()
    if(FAASBATCH_SANITIZE)
      math(EXPR ARG_TEST_TIMEOUT "${ARG_TEST_TIMEOUT} * 5")
    endif()
    set_tests_properties(${NAME} PROPERTIES TIMEOUT ${ARG_TEST_TIMEOUT} SKIP_REGULAR_EXPRESSION "^all tests skipped")
  endif()

  if(FAASBATCH_SANITIZE)
    set(benches)  # nobody measures with a sanitizer
  endif()
  foreach(source ${benches})
    get_filename_component(stem ${source} NAME_WE)
    add_executable(${NAME}_${stem} ${source})
    target_link_libraries(${NAME}_${stem} PRIVATE fb_${NAME} ${ARG_TEST_DEPS})
    faasbatch_test_program(${NAME}_${stem})
  endforeach()

  foreach(source ${fuzzers})
    get_filename_component(stem ${source} NAME_WE)
    set(target ${NAME}_${stem})
    set(corpus ${CMAKE_CURRENT_SOURCE_DIR}/corpus/${stem})
    if(FAASBATCH_FUZZ)
      add_executable(${target} ${source})
      target_link_options(${target} PRIVATE -fsanitize=fuzzer)
    else()
      add_executable(${target} ${source} ${PROJECT_SOURCE_DIR}/cmake/replay_corpus.cpp)
      add_test(NAME ${target} COMMAND ${target} ${corpus})
      set_tests_properties(${target} PROPERTIES TIMEOUT 60)
    endif()
    target_link_libraries(${target} PRIVATE fb_${NAME} ${ARG_TEST_DEPS})
    faasbatch_test_program(${target})
    set_property(GLOBAL APPEND PROPERTY FAASBATCH_FUZZ_TARGETS "${target}:${corpus}")
  endforeach()
endfunction()

# Where test programs find the source tree and the built programs, and where they are put.
function(faasbatch_test_program TARGET)
  target_compile_definitions(${TARGET} PRIVATE FAASBATCH_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
                                               FAASBATCH_BIN_DIR="${CMAKE_BINARY_DIR}/bin")
  set_target_properties(${TARGET} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
endfunction()

# faasbatch_program(NAME SOURCES file... DEPS target...): a program users run, put into bin/; target `programs` is all of them.
add_custom_target(programs)
function(faasbatch_program NAME)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${NAME} ${ARG_SOURCES})
  target_link_libraries(${NAME} PRIVATE ${ARG_DEPS})
  add_dependencies(programs ${NAME})
endfunction()
