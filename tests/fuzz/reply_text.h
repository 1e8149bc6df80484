// Replies from a small language, so that mutations of a readable text are mutations of a reply, and
// replies as the bytes of RESP2.
#ifndef HOLDFAST_TESTS_FUZZ_REPLY_TEXT_H_
#define HOLDFAST_TESTS_FUZZ_REPLY_TEXT_H_

#include <string>
#include <string_view>

#include "core/reply.h"

namespace holdfast::fuzz {

// Takes one element off the front of `text` and adds it to `reply` under `parent`:
//
//   'abc'  a string     +'abc'  a status     -'abc'  an error
//   5  -5  an integer   n       nil          [5 'abc' [n]]  an array
//
// Anything else is passed over, so every text means something. Arrays are nested no deeper than a
// reader reads them. False if nothing is left.
bool TakeElement(std::string_view& text, core::Reply& reply,
                 std::size_t parent = core::Reply::kNone, int depth = 0);

// Appends the element as a server sends it.
void AppendResp(std::string& out, core::ReplyView element);

// Elements of a reply, itself included.
std::size_t CountElements(core::ReplyView element);

}  // namespace holdfast::fuzz

#endif  // HOLDFAST_TESTS_FUZZ_REPLY_TEXT_H_
