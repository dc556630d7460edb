# One global set of flags: simdjson changes its layout with -pthread, so no target may differ (kernel notes).
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_SCAN_FOR_MODULES OFF)
set(CMAKE_CXX_FLAGS_DEV "-O1 -g1")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1")
set(CMAKE_EXE_LINKER_FLAGS_DEV "")
set(CMAKE_EXE_LINKER_FLAGS_RELEASE "-Wl,-z,relro,-z,now")
set(EMP_SANITIZE "" CACHE STRING "Sanitizers: address,undefined or thread")

add_compile_options(-pthread -foptimize-sibling-calls -fno-omit-frame-pointer -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)
add_link_options(-pthread -fuse-ld=lld-19)
if(EMP_SANITIZE)
  add_compile_options(-fsanitize=${EMP_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${EMP_SANITIZE})
endif()
set(EMP_FUZZ OFF CACHE BOOL "Link the fuzz targets with libFuzzer; with EMP_SANITIZE")
if(EMP_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(NOT CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_definitions(EMP_FAULT_POINTS=1)
endif()

# Warnings are errors in our code; third-party headers come in as SYSTEM.
add_library(emp_warnings INTERFACE)
target_compile_options(emp_warnings INTERFACE -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -Wno-sign-conversion
  -Wnon-virtual-dtor -Woverloaded-virtual -Wnull-dereference -Wimplicit-fallthrough -Wno-missing-field-initializers -Wno-missing-designated-field-initializers)
