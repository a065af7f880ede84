# Finds SuiteSparse:GraphBLAS 7.4 to 10 and defines the target GraphBLAS::GraphBLAS: by its header and library, as all
# these versions have them. (The package config of newer ones accepts no other major version than its own, and wants C.)
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
include(FindPackageHandleStandardArgs)
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
