# Fails if ACTUAL is not what GOLDEN says, shows the difference and how to accept it.
execute_process(COMMAND diff -u ${GOLDEN} ${ACTUAL} RESULT_VARIABLE different OUTPUT_VARIABLE difference ERROR_VARIABLE difference)
if(different)
  message(FATAL_ERROR "${difference}\nThe contracts no longer match ${GOLDEN}. If the change is wanted: make golden, and commit the file with it.")
endif()
