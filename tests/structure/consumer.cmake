# cmake -D BUILD=… -D CONSUMER=… -D README=… -D WORK=… -D GENERATOR=… -P consumer.cmake
#
# Installs the build, then configures, builds and runs a project that finds it by find_package(oscillon). Its
# program is the example of the README, taken from there.
cmake_minimum_required(VERSION 3.25)

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${ARGN}\nfailed with ${result}:\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

file(READ "${README}" readme)
string(REGEX MATCH "```cpp\n([^`]*)```" found "${readme}")
if(NOT found)
  message(FATAL_ERROR "${README} has no C++ example")
endif()
set(example "${CMAKE_MATCH_1}")
string(REGEX MATCH "prints\n+```text\n([^`]*)```" found "${readme}")
set(expected "${CMAKE_MATCH_1}")
if(NOT found)
  message(FATAL_ERROR "${README} does not say what its example prints")
endif()

file(REMOVE_RECURSE "${WORK}")
file(COPY "${CONSUMER}/" DESTINATION "${WORK}/source")
file(WRITE "${WORK}/source/main.cpp" "${example}")
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix)
run(${CMAKE_COMMAND} -G ${GENERATOR} -S ${WORK}/source -B ${WORK}/build
    -D CMAKE_PREFIX_PATH=${WORK}/prefix -D CMAKE_BUILD_TYPE=Release)
run(${CMAKE_COMMAND} --build ${WORK}/build)
run(${WORK}/build/consumer)
if(NOT output STREQUAL expected)
  message(FATAL_ERROR "The README's example prints\n${output}instead of\n${expected}")
endif()
run(${WORK}/prefix/bin/oscillon --version)
