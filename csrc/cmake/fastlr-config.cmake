# The static library fastlr::fastlr, compiled from the sources beside this folder:
#
#     find_package(fastlr REQUIRED)
#     target_link_libraries(mine PRIVATE fastlr::fastlr)
#
# Configure with -Dfastlr_DIR="$(python -c 'import fastlr; print(fastlr.get_include())')/cmake".
# The target is built with your project, by its compiler: no flag of a release changes a bit.
if(TARGET fastlr::fastlr)
  return()
endif()

get_filename_component(fastlr_SOURCES "${CMAKE_CURRENT_LIST_DIR}/.." ABSOLUTE)
file(GLOB fastlr_FILES "${fastlr_SOURCES}/*.c")
add_library(fastlr STATIC EXCLUDE_FROM_ALL ${fastlr_FILES})
add_library(fastlr::fastlr ALIAS fastlr)
target_include_directories(fastlr PUBLIC "${fastlr_SOURCES}")
set_target_properties(fastlr PROPERTIES C_STANDARD 11 POSITION_INDEPENDENT_CODE ON)
if(NOT MSVC)
  target_compile_options(fastlr PRIVATE -ffp-contract=off)
  target_link_libraries(fastlr PUBLIC m)
endif()
