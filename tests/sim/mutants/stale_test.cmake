# A mutant that does not fit the sources any more must fail the build, and by name:
#   cmake -DMUTATE=program -DSOURCE=directory -DWORK=directory -P stale_test.cmake
file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK})

function(expect_failure name text message)
  set(mutant ${WORK}/${name}.mutant)
  file(WRITE ${mutant} "${text}")
  execute_process(COMMAND ${MUTATE} ${SOURCE} ${WORK} ${mutant}
    RESULT_VARIABLE result ERROR_VARIABLE error)
  if(result EQUAL 0)
    message(SEND_ERROR "${name}: taken for good")
  elseif(NOT error MATCHES "${name}.mutant.*${message}")
    message(SEND_ERROR "${name}: the error does not say why: ${error}")
  endif()
endfunction()

set(head "# Rule 1: none.\n--- lib/core/lease.cc\n")
expect_failure(gone "${head}-  return a_line_that_was_there;\n" "does not have.*a_line_that_was")
expect_failure(twice "${head}-}\n" "more than once")
expect_failure(no_lines "${head}+  return sent;\n" "without '-'")
expect_failure(no_rule "--- lib/core/lease.cc\n-  return nth->until;\n" "which rule")
expect_failure(torn "${head}-  return nth->until;\n  return nth->until;\n" "neither")
expect_failure(same "${head}-  return nth->until;\n--- lib/core/lease.cc\n-  return nth->until;\n" "another hunk")
