# What nearly every file reads, read once: the standard library and the kernel's base, which halves the time of a newcomer's first build. In the release alone, so
# that the builds which test still tell when a file uses what it does not include, and so that their cached objects do not hang on the name of a folder.

# emp_use_prelude(): for all targets of all folders, at the end.
function(emp_use_prelude)
  if(NOT CMAKE_BUILD_TYPE STREQUAL "Release")
    return()
  endif()
  file(WRITE ${CMAKE_BINARY_DIR}/prelude.cpp "")
  add_library(emp_prelude OBJECT ${CMAKE_BINARY_DIR}/prelude.cpp)
  target_include_directories(emp_prelude PRIVATE $<TARGET_PROPERTY:kernel_base,INTERFACE_INCLUDE_DIRECTORIES> $<TARGET_PROPERTY:kernel_async,INTERFACE_INCLUDE_DIRECTORIES>)
  target_compile_options(emp_prelude PRIVATE "SHELL:-Xclang -fno-pch-timestamp") # For ccache, as CCACHE_SLOPPINESS in tools/build.sh.
  target_precompile_headers(emp_prelude PRIVATE
    <algorithm> <array> <charconv> <chrono> <coroutine> <expected> <functional> <map> <memory> <optional> <set> <span> <string> <string_view> <unordered_map> <utility> <variant> <vector>
    "kernel/base/text.hpp" "kernel/base/result.hpp" "kernel/base/time.hpp" "kernel/base/uuid.hpp" "kernel/async/task.hpp")
  emp_use_prelude_below(${CMAKE_SOURCE_DIR})
endfunction()

function(emp_use_prelude_below folder)
  get_property(targets DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target IN LISTS targets)
    get_target_property(type ${target} TYPE)
    if(type MATCHES "^(STATIC_LIBRARY|EXECUTABLE)$" AND NOT target MATCHES "^link_test_")
      target_precompile_headers(${target} REUSE_FROM emp_prelude)
    endif()
  endforeach()
  get_property(below DIRECTORY ${folder} PROPERTY SUBDIRECTORIES)
  foreach(each IN LISTS below)
    emp_use_prelude_below(${each})
  endforeach()
endfunction()
