// Several calls in one request to another agent, and their answers as they come: the bytes of POST
// /v1/peer/calls (docs/peer-protocol.md, "Calls that travel together"). Pure.
//
//   body   := "FBC1", a frame for each call
//   answer := a frame for each answer, in the order of their ends
//   frame  := its length (4 bytes, big-endian), what it has
//   call   := text method, text target, fields, text body
//   answer := place of the call in the body (4 bytes), status (4 bytes), fields, text body
//   fields := their number (4 bytes), for each: text name, text value
//   text   := its length (4 bytes), bytes
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/error.h"
#include "lib/net/http.h"

namespace faasbatch::forwarding {

inline constexpr std::string_view kCallsMagic = "FBC1";
inline constexpr std::size_t kMaxCallsTogether = 64;      // in one body
inline constexpr std::size_t kMaxAnswerBytes = 16 << 20;  // of one frame
inline constexpr std::size_t kMaxFields = 1000;           // of one call or answer

// Appends to a body, which begins with kCallsMagic.
void appendCall(std::string& body, const net::Request& request);
// Kind "InvalidMessage", with what is wrong.
base::Result<std::vector<net::Request>> readCalls(std::string_view body);

void appendAnswer(std::string& out, std::uint32_t place, const net::Response& response);

// Cuts a stream of answers into them, however it is split. Once it has failed it stays failed.
class AnswerReader {
 public:
  using Take = std::move_only_function<void(std::uint32_t place, net::Response response)>;
  // Kind "InvalidMessage".
  base::Result<void> feed(std::string_view data, Take& take);
  // The stream is complete: whether it ended between two answers.
  bool isWhole() const { return !failed_ && rest_.empty(); }

 private:
  std::string rest_;  // of a frame that is not complete
  bool failed_ = false;
};

}  // namespace faasbatch::forwarding
