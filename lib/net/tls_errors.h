// What is wrong with a server's TLS, in words: "it demands a client certificate".
#ifndef HOLDFAST_NET_TLS_ERRORS_H_
#define HOLDFAST_NET_TLS_ERRORS_H_

#include <string>

struct x509_store_ctx_st;

namespace holdfast::net {

// The error of a verification that failed; `name` is whose certificate was expected.
std::string DescribeVerification(x509_store_ctx_st* verification, const std::string& name);

// An error of OpenSSL's queue.
std::string DescribeTlsError(unsigned long error);

// OpenSSL's own word for it.
std::string TlsReason(unsigned long error);

}  // namespace holdfast::net

#endif  // HOLDFAST_NET_TLS_ERRORS_H_
