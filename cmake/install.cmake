# `cmake --install` gives the headers, the libraries, the program and a package for find_package(oscillon).
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/oscillon")
foreach(component IN LISTS oscillon_components)
  install(
    TARGETS oscillon_${component}
    EXPORT oscillon-${component}
    FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
  install(
    EXPORT oscillon-${component}
    NAMESPACE oscillon::
    DESTINATION "${package_dir}")
endforeach()
install(TARGETS oscillon)
configure_package_config_file(
  "${CMAKE_CURRENT_LIST_DIR}/oscillonConfig.cmake.in" "${PROJECT_BINARY_DIR}/oscillonConfig.cmake"
  INSTALL_DESTINATION "${package_dir}"
  NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/oscillonConfigVersion.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(
  FILES "${PROJECT_BINARY_DIR}/oscillonConfig.cmake"
        "${PROJECT_BINARY_DIR}/oscillonConfigVersion.cmake"
        "${CMAKE_CURRENT_LIST_DIR}/needs.cmake"
        "${CMAKE_CURRENT_LIST_DIR}/FindGraphBLAS.cmake"
  DESTINATION "${package_dir}")
