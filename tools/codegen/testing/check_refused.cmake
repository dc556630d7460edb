# Runs the generator on PROTOS (or one PROTO) and fails unless it refuses with the text after "// expect: " in the first one.
file(STRINGS ${PROTO} lines LIMIT_COUNT 1 ENCODING UTF-8)
string(REGEX REPLACE "^// expect: " "" expected "${lines}")
get_filename_component(name ${PROTO} NAME)
get_filename_component(folder ${PROTO} DIRECTORY)
set(out ${OUT}/${name})
file(MAKE_DIRECTORY ${out})
execute_process(COMMAND ${PROTOC} --plugin=protoc-gen-emporion=${PLUGIN} --emporion_out=${OPTIONS}${out} -I ${folder} ${PATHS} ${PROTO}
  RESULT_VARIABLE result ERROR_VARIABLE message OUTPUT_VARIABLE message)
string(FIND "${message}" "${expected}" found)
if(result EQUAL 0 OR found EQUAL -1)
  message(FATAL_ERROR "expected a refusal with: ${expected}\nexit code ${result}, said: ${message}")
endif()
