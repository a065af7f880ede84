# cmake -D ROOT=… -D HEADERS=… -P ladder.cmake
#
# A file may include only its own rung of the ladder or lower ones; within engine/algebra the files have an
# order too; one header includes GraphBLAS.h, one file spdlog; headers include each other without cycles;
# every header under include/ belongs to a library, and includes none that is not installed.
cmake_minimum_required(VERSION 3.25)

set(rungs
    engine/base
    engine/algebra
    engine/network
    engine/io
    engine/inference/public
    engine/inference/kernels
    engine/inference/tiles
    engine/inference/plans
    engine/inference/run
    engine/inference
    solutions
    verify/oracle
    verify/challenge
    verify/conformance
    verify/bench
    verify/figures
    verify/cli)
set(algebra_order graphblas matrix semiring key_set assoc_array array_algebra)
set(faults "")
set(files "")

# The place of a public header, engine/include/oscillon/algebra/… or as it is included, is that of its rung. What
# inference offers is declared below its rooms, which all know it.
function(place_of path result)
  string(REGEX REPLACE "^(engine|solutions|verify)/include/" "" path "${path}")
  string(REGEX REPLACE "^oscillon/(solutions|verify)/" "\\1/" path "${path}")
  string(REGEX REPLACE "^oscillon/oscillon.hpp$" "engine/inference/oscillon.hpp" path "${path}")
  string(REGEX REPLACE "^oscillon/inference/" "engine/inference/public/" path "${path}")
  string(REGEX REPLACE "^oscillon/" "engine/" path "${path}")
  set(${result} "${path}" PARENT_SCOPE)
endfunction()

function(rung_of path result)
  place_of("${path}" path)
  foreach(rung IN LISTS rungs)
    if(path MATCHES "^${rung}/")
      list(FIND rungs "${rung}" index)
      set(${result} ${index} PARENT_SCOPE)
      return()
    endif()
  endforeach()
  set(${result} -1 PARENT_SCOPE)
endfunction()

file(GLOB_RECURSE sources RELATIVE "${ROOT}" "${ROOT}/engine/*.[hc]pp" "${ROOT}/solutions/*.[hc]pp"
     "${ROOT}/verify/*.[hc]pp")
list(LENGTH sources count)
if(count LESS 20)
  message(FATAL_ERROR "only ${count} sources found under ${ROOT}")
endif()

foreach(source IN LISTS sources)
  rung_of("${source}" rung)
  if(rung EQUAL -1)
    list(APPEND faults "${source} stands on no rung of the ladder")
  endif()
  if(source MATCHES "/include/" AND NOT source IN_LIST HEADERS)
    list(APPEND faults "${source} belongs to no library's HEADERS")
  endif()
  place_of("${source}" file)
  list(APPEND files "${file}")
  set(includes_${file} "")
  file(STRINGS "${ROOT}/${source}" lines REGEX "^ *# *include")
  foreach(line IN LISTS lines)
    if(line MATCHES "<GraphBLAS.h>" AND NOT file STREQUAL "engine/algebra/graphblas.hpp")
      list(APPEND faults "${source} includes GraphBLAS.h; only algebra/graphblas.hpp may")
    endif()
    if(line MATCHES "<spdlog/" AND NOT source STREQUAL "engine/base/log.cpp")
      list(APPEND faults "${source} includes spdlog; only engine/base/log.cpp may")
    endif()
    if(NOT line MATCHES "\"([^\"]+)\"")
      continue()
    endif()
    set(included "${CMAKE_MATCH_1}")
    if(source MATCHES "/include/" AND NOT included MATCHES "^oscillon/")
      list(APPEND faults "${source} is installed and includes ${included}, which is not")
    endif()
    place_of("${included}" included_file)
    list(APPEND includes_${file} "${included_file}")
    rung_of("${included}" included_rung)
    if(included_rung EQUAL -1)
      list(APPEND faults "${source} includes ${included}, which stands on no rung of the ladder")
    elseif(included_rung GREATER rung)
      list(APPEND faults "${source} includes ${included}, which stands on a higher rung")
    endif()
    get_filename_component(name "${source}" NAME_WE)
    get_filename_component(included_name "${included}" NAME_WE)
    if(file MATCHES "^engine/algebra/" AND included_file MATCHES "^engine/algebra/")
      list(FIND algebra_order "${name}" place)
      list(FIND algebra_order "${included_name}" included_place)
      if(place GREATER -1 AND (included_place GREATER place OR included_place EQUAL -1))
        list(APPEND faults "${source} includes ${included}, which comes later in the algebra")
      endif()
    endif()
  endforeach()
endforeach()

# Headers whose includes are all gone are taken away until none is left; what stays is on a cycle.
set(left ${files})
list(FILTER left INCLUDE REGEX "hpp$")
set(changed TRUE)
while(changed)
  set(changed FALSE)
  foreach(header IN LISTS left)
    set(free TRUE)
    foreach(included IN LISTS includes_${header})
      if(included IN_LIST left)
        set(free FALSE)
      endif()
    endforeach()
    if(free)
      list(REMOVE_ITEM left "${header}")
      set(changed TRUE)
    endif()
  endforeach()
endwhile()
if(left)
  list(APPEND faults "headers on a cycle: ${left}")
endif()

if(faults)
  list(JOIN faults "\n  " text)
  message(FATAL_ERROR "The ladder is broken:\n  ${text}")
endif()
message(STATUS "${count} files keep to the ladder")
