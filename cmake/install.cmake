# `cmake --install` gives the headers, the libraries, the program and a package for find_package(oscillon).
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/oscillon")
get_property(libraries GLOBAL PROPERTY OSCILLON_LIBRARIES)
install(
  TARGETS ${libraries}
  EXPORT oscillonTargets
  FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(TARGETS oscillon)
install(
  EXPORT oscillonTargets
  NAMESPACE oscillon::
  DESTINATION "${package_dir}")
configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/oscillonConfig.cmake.in"
                              "${PROJECT_BINARY_DIR}/oscillonConfig.cmake"
                              INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/oscillonConfigVersion.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(
  FILES "${PROJECT_BINARY_DIR}/oscillonConfig.cmake"
        "${PROJECT_BINARY_DIR}/oscillonConfigVersion.cmake"
        "${CMAKE_CURRENT_LIST_DIR}/FindGraphBLAS.cmake"
  DESTINATION "${package_dir}")
