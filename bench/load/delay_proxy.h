// A slow way to a server: what the server answers comes later.
#ifndef HOLDFAST_BENCH_LOAD_DELAY_PROXY_H_
#define HOLDFAST_BENCH_LOAD_DELAY_PROXY_H_

namespace holdfast::bench {

// Prints the free loopback port on which it listens, and forwards what is connected there to the
// server's. Each line of standard input is how late answers come from then on, in microseconds,
// and is answered with the same line; the end of standard input ends it. Requests are passed on at
// once.
int RunDelayProxy(int server_port);

}  // namespace holdfast::bench

#endif  // HOLDFAST_BENCH_LOAD_DELAY_PROXY_H_
