# cmake -D ROOT=… -D CLANG_FORMAT=… -P format.cmake: every source is as .clang-format has it.
cmake_minimum_required(VERSION 3.25)

set(patterns "")
foreach(folder engine solutions verify tests)
  list(APPEND patterns "${ROOT}/${folder}/*.hpp" "${ROOT}/${folder}/*.cpp")
endforeach()
file(GLOB_RECURSE sources ${patterns})
execute_process(COMMAND "${CLANG_FORMAT}" --dry-run --Werror ${sources} RESULT_VARIABLE result
                ERROR_VARIABLE complaints)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "clang-format would change sources:\n${complaints}")
endif()
