# Finds SuiteSparse:GraphBLAS 7.4 to 10 and defines the target GraphBLAS::GraphBLAS.
# Versions from 8.2 on bring a package config, which is tried first; Debian 12's 7.4 has only the header
# and the library.
find_package(GraphBLAS CONFIG QUIET)
include(FindPackageHandleStandardArgs)
if(GraphBLAS_FOUND)
  find_package_handle_standard_args(GraphBLAS CONFIG_MODE)
  # Where it is built as a static library alone, its target is called otherwise.
  foreach(_graphblas_target GraphBLAS GraphBLAS_static)
    if(TARGET SuiteSparse::${_graphblas_target} AND NOT TARGET GraphBLAS::GraphBLAS)
      add_library(GraphBLAS::GraphBLAS INTERFACE IMPORTED)
      target_link_libraries(GraphBLAS::GraphBLAS INTERFACE SuiteSparse::${_graphblas_target})
    endif()
  endforeach()
  return()
endif()

find_path(GRAPHBLAS_INCLUDE_DIR NAMES GraphBLAS.h PATH_SUFFIXES suitesparse)
find_library(GRAPHBLAS_LIBRARY NAMES graphblas)
if(GRAPHBLAS_INCLUDE_DIR)
  foreach(part MAJOR MINOR SUB)
    file(STRINGS "${GRAPHBLAS_INCLUDE_DIR}/GraphBLAS.h" _line
         REGEX "#define GxB_IMPLEMENTATION_${part} +[0-9]+")
    string(REGEX MATCH "[0-9]+$" _${part} "${_line}")
  endforeach()
  set(GraphBLAS_VERSION "${_MAJOR}.${_MINOR}.${_SUB}")
endif()
find_package_handle_standard_args(
  GraphBLAS
  REQUIRED_VARS GRAPHBLAS_LIBRARY GRAPHBLAS_INCLUDE_DIR
  VERSION_VAR GraphBLAS_VERSION)
mark_as_advanced(GRAPHBLAS_INCLUDE_DIR GRAPHBLAS_LIBRARY)
if(GraphBLAS_FOUND AND NOT TARGET GraphBLAS::GraphBLAS)
  add_library(GraphBLAS::GraphBLAS UNKNOWN IMPORTED)
  set_target_properties(
    GraphBLAS::GraphBLAS PROPERTIES IMPORTED_LOCATION "${GRAPHBLAS_LIBRARY}"
                                    INTERFACE_INCLUDE_DIRECTORIES "${GRAPHBLAS_INCLUDE_DIR}")
endif()
