# Has Spin verify tokens.pml, and fails unless it finds what is expected:
#   cmake -DSPIN=spin -DCC=cc -DPML=tokens.pml -DDIR=where/to/work -DDEFINES="-DX -DY=1"
#         -DBROKEN=TokensDiffer -P spin_test.cmake
# BROKEN is empty where all has to hold. What happens on the way to an error is printed.
file(REMOVE_RECURSE ${DIR})
file(COPY ${PML} DESTINATION ${DIR})  # Spin looks for its trail beside the model.
get_filename_component(PML ${PML} NAME)
separate_arguments(DEFINES)

function(run output)
  execute_process(COMMAND ${ARGN} WORKING_DIRECTORY ${DIR} OUTPUT_VARIABLE text
    ERROR_VARIABLE errors RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${ARGN}: ${status}\n${text}\n${errors}")
  endif()
  set(${output} "${text}" PARENT_SCOPE)
endfunction()

run(ignored ${SPIN} ${DEFINES} -a ${PML})
# 2 GiB, and no error: Spin's own code has warnings that are not ours to mend.
run(ignored ${CC} -w -O2 -DSAFETY -DCOLLAPSE -DMEMLIM=2048 -o pan pan.c)
run(report ./pan -E)
message("${report}")
if(report MATCHES "search depth too small|max search depth|out of memory|memory limit")
  message(FATAL_ERROR "not all was searched")
endif()

# Spin names what an assertion says, with its macros expanded.
set(TokensDiffer "token[a]!=token[(1-a)]")
set(TokensGrow "token[a]>before[a]")
set(CountersNeverFall ">=counter[n]")
if(NOT BROKEN)
  string(FIND "${report}" "errors: 0" found)
else()
  run(trace ${SPIN} ${DEFINES} -t -T -B ${PML})
  message("${trace}")
  string(FIND "${report}" "${${BROKEN}}) (at depth" found)
endif()
if(found EQUAL -1)
  message(FATAL_ERROR "this is not what was expected: '${BROKEN}' broken")
endif()
