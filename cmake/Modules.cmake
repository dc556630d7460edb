# Libraries whose include paths hold only their declared neighbours, so an undeclared include does not compile; and a link test per library, so an
# undeclared symbol does not link.

# emp_expose(target VISIBILITY path…): adds an include folder to `target` that shows just these source folders, under their names from the root.
function(emp_expose target visibility)
  set(shown ${CMAKE_BINARY_DIR}/include/${target})
  foreach(path IN LISTS ARGN)
    get_filename_component(parent ${shown}/${path} DIRECTORY)
    file(MAKE_DIRECTORY ${parent})
    file(CREATE_LINK ${CMAKE_SOURCE_DIR}/${path} ${shown}/${path} SYMBOLIC)
  endforeach()
  target_include_directories(${target} ${visibility} ${shown})
endfunction()

# emp_link_test(target): the whole archive, linked with just what it declares.
function(emp_link_test target)
  set(main ${CMAKE_BINARY_DIR}/link_test_main.cpp)
  if(NOT EXISTS ${main})
    file(WRITE ${main} "int main() { return 0; }\n")
  endif()
  add_executable(link_test_${target} ${main})
  target_link_libraries(link_test_${target} PRIVATE -Wl,--whole-archive $<TARGET_FILE:${target}> -Wl,--no-whole-archive ${target})
endfunction()

# emp_library(target SOURCES … EXPOSES folder… LINKS …)
function(emp_library target)
  cmake_parse_arguments(arg "" "" "SOURCES;EXPOSES;LINKS;PRIVATE_LINKS" ${ARGN})
  if(arg_SOURCES)
    add_library(${target} STATIC ${arg_SOURCES})
    target_link_libraries(${target} PUBLIC ${arg_LINKS} PRIVATE emp_warnings ${arg_PRIVATE_LINKS})
    emp_expose(${target} PUBLIC ${arg_EXPOSES})
    emp_link_test(${target})
  else()
    add_library(${target} INTERFACE)
    target_link_libraries(${target} INTERFACE ${arg_LINKS})
    emp_expose(${target} INTERFACE ${arg_EXPOSES})
  endif()
endfunction()

# The contract's library of "product.catalog".
function(emp_contract_target dotted out)
  string(REPLACE "." "_" flat ${dotted})
  set(${out} contract_${flat} PARENT_SCOPE)
endfunction()

# Embeds NNNN_name.sql of `folder` as `std::span<const postgres::Migration> <namespace>::migrations()`.
function(emp_embed_migrations target namespace folder)
  file(GLOB files CONFIGURE_DEPENDS ${folder}/*.sql)
  set(out ${CMAKE_CURRENT_BINARY_DIR}/${target}_migrations.cpp)
  add_custom_command(OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DNAMESPACE=${namespace} "-DFILES=${files}" -P ${CMAKE_SOURCE_DIR}/cmake/EmbedMigrations.cmake
    DEPENDS ${files} ${CMAKE_SOURCE_DIR}/cmake/EmbedMigrations.cmake VERBATIM)
  target_sources(${target} PRIVATE ${out})
endfunction()

# emporion_module(warehouse DOMAIN logistics [FOLDER warehouse] [USES product.catalog commerce.order])
#
# Makes warehouse_domain, warehouse_app, warehouse_adapters and warehouse (api), each seeing what its layer may see, and the tests beside the code.
# USES names the contracts of other modules that it calls or hears.
function(emporion_module name)
  cmake_parse_arguments(arg "" "DOMAIN;FOLDER" "USES" ${ARGN})
  if(NOT arg_FOLDER)
    set(arg_FOLDER ${name})
  endif()
  set(root modules/${arg_DOMAIN}/${arg_FOLDER})
  emp_contract_target(${arg_DOMAIN}.${name} own_contract)
  set(contracts ${own_contract})
  foreach(used IN LISTS arg_USES)
    emp_contract_target(${used} contract)
    list(APPEND contracts ${contract})
  endforeach()

  foreach(layer domain app adapters api)
    file(GLOB_RECURSE all CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${layer}/*.cpp)
    set(${layer}_sources ${all})
    set(${layer}_tests ${all})
    list(FILTER ${layer}_sources EXCLUDE REGEX "_(test|pgtest|simtest|benchmark)\\.cpp$")
    list(FILTER ${layer}_tests INCLUDE REGEX "_(test|pgtest|simtest)\\.cpp$")
    list(APPEND tests ${${layer}_tests})
  endforeach()
  file(GLOB own_tests CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/testing/*_test.cpp ${CMAKE_CURRENT_SOURCE_DIR}/testing/*_pgtest.cpp ${CMAKE_CURRENT_SOURCE_DIR}/testing/*_simtest.cpp)
  list(APPEND tests ${own_tests})

  set(below kernel_base kernel_money)
  if(domain_sources OR EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/domain)
    emp_library(${name}_domain SOURCES ${domain_sources} EXPOSES ${root}/domain LINKS kernel_base kernel_money)
    list(APPEND below ${name}_domain)
  endif()
  if(app_sources OR EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/app)
    emp_library(${name}_app SOURCES ${app_sources} EXPOSES ${root}/app LINKS ${below} kernel_app ${contracts})
    list(APPEND below ${name}_app)
  endif()
  emp_library(${name}_adapters SOURCES ${adapters_sources} EXPOSES ${root}/adapters LINKS ${below} kernel_adapters ${contracts})
  emp_library(${name} SOURCES ${api_sources} EXPOSES ${root}/api LINKS kernel_module PRIVATE_LINKS ${name}_adapters ${contracts})
  target_include_directories(${name} PRIVATE $<TARGET_PROPERTY:${name}_adapters,INTERFACE_INCLUDE_DIRECTORIES>)
  emp_embed_migrations(${name} emporion::${name} ${CMAKE_CURRENT_SOURCE_DIR}/migrations)
  set_property(GLOBAL APPEND PROPERTY EMP_MODULES ${name})
  set_property(GLOBAL PROPERTY EMP_MODULE_ROOT_${name} ${root})
  set_property(GLOBAL PROPERTY EMP_MODULE_USES_${name} ${arg_DOMAIN}.${name} ${arg_USES})

  if(tests)
    emp_test(${name} SOURCES ${tests} LINKS ${name} ${name}_adapters kernel_testing EXPOSES ${root}/testing)
  endif()
endfunction()
