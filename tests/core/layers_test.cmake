# Fails if the core does I/O, starts threads, reads a clock, or knows of the layers above it:
#   cmake -DCORE=lib/core -P layers_test.cmake
file(GLOB files ${CORE}/*.h ${CORE}/*.cc)
if(NOT files)
  message(FATAL_ERROR "no sources in '${CORE}'")
endif()

# Each entry: a regular expression that no line may match.
set(forbidden
  "#include *[<\"]asio"
  "#include *<(thread|mutex|shared_mutex|condition_variable|future|atomic|semaphore|stop_token)>"
  "#include *<(iostream|fstream|random|ctime|time\\.h|sys/.*|unistd\\.h|poll\\.h|netdb\\.h)>"
  "#include *[<\"](openssl|yaml-cpp)/"
  "#include *\"(net|cache|config|cli|sim)/"
  "#include *\"(client|lock|blocking|redis|io)(_[a-z]*)?\\.h\""
  "#include *\"holdfast/(client|lock|blocking|redis|cache)\\.h\""
  "(steady_clock|system_clock|high_resolution_clock) *::"
  "(clock_gettime|gettimeofday|getrandom|random_device)"
  "[^a-z_]time\\((NULL|nullptr|0)\\)")

foreach(path IN LISTS files)
  foreach(expression IN LISTS forbidden)
    file(STRINGS ${path} lines REGEX "${expression}")
    foreach(line IN LISTS lines)
      message(SEND_ERROR "${path}: the core must not have: ${line}")
    endforeach()
  endforeach()
endforeach()
