// The smallest of Redis clients: is anybody there?
#ifndef HOLDFAST_CLI_PING_H_
#define HOLDFAST_CLI_PING_H_

#include <chrono>

namespace holdfast::cli {

// Whether a Redis server on this machine's loopback answers PING within `timeout`.
bool AnswersPing(int port, std::chrono::milliseconds timeout);

// A TCP port of the loopback that is free at this moment; 0 if none is.
int FindFreePort();

}  // namespace holdfast::cli

#endif  // HOLDFAST_CLI_PING_H_
