# cmake -D BUILD=… -D CONSUMER=… -D README=… -D WORK=… -D GENERATOR=… -P consumer.cmake
#
# Installs the build, then configures, builds and runs projects that find it by find_package(oscillon): the example
# of the README, taken from there, and one that wants the engine alone, on a machine without what the rest needs.
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

# consumer(NAME expected [command …]): the project tests/consumer/NAME, configured by way of the command, prints that.
function(consumer name expected)
  run(${ARGN} ${CMAKE_COMMAND} -G ${GENERATOR} -S ${WORK}/source/${name} -B ${WORK}/build/${name}
      -D CMAKE_PREFIX_PATH=${WORK}/prefix -D CMAKE_BUILD_TYPE=Release)
  run(${CMAKE_COMMAND} --build ${WORK}/build/${name})
  run(${WORK}/build/${name}/consumer)
  if(NOT output STREQUAL expected)
    message(FATAL_ERROR "tests/consumer/${name} prints\n${output}instead of\n${expected}")
  endif()
endfunction()

file(REMOVE_RECURSE "${WORK}")
file(COPY "${CONSUMER}/" DESTINATION "${WORK}/source")
file(WRITE "${WORK}/source/example/main.cpp" "${example}")
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix)
consumer(example "${expected}")

# All that pkg-config knows, but for what only solutions and verify are linked with.
execute_process(COMMAND pkg-config --variable pc_path pkg-config OUTPUT_VARIABLE folders
                OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
string(REPLACE ":" ";" folders "${folders}")
file(MAKE_DIRECTORY "${WORK}/modules")
foreach(folder IN LISTS folders)
  file(GLOB modules "${folder}/*.pc")
  list(FILTER modules EXCLUDE REGEX "/(fftw3|gmp)[^/]*$")
  foreach(module IN LISTS modules)
    get_filename_component(name "${module}" NAME)
    file(CREATE_LINK "${module}" "${WORK}/modules/${name}" SYMBOLIC)
  endforeach()
endforeach()
consumer(engine "2 x 3\n" ${CMAKE_COMMAND} -E env PKG_CONFIG_LIBDIR=${WORK}/modules PKG_CONFIG_PATH=)

run(${WORK}/prefix/bin/oscillon --version)
