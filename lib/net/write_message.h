// HTTP/1.1 messages as bytes (RFC 9112).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/time.h"
#include "lib/net/http.h"

namespace faasbatch::net {

std::string_view reasonPhrase(int status);  // "OK"; "Unknown" where there is none

// How the end of a message's body is told.
struct Framing {
  enum class Kind { kLength, kChunked, kToClose, kNone };
  Kind kind = Kind::kNone;
  std::size_t length = 0;
};

struct ResponseLine {
  int status = 200;
  Framing framing;
  std::string_view connection;  // the value of Connection; empty: the field is left out
  std::string_view date;        // the same of Date
};

// Status line and header fields, to the empty line. Fields that are the session layer's are left out, and
// line breaks inside names and values become blanks, so that no value can end the header or begin another
// answer.
void appendHead(std::string& out, const ResponseLine& line, const Headers& headers);

// Request line, `Host: host`, `shared` (where the request has not got the same) and the request's own fields,
// and Content-Length, to the empty line; the body is to follow.
void appendRequestHead(std::string& out, const Request& request, const Headers& shared,
                       std::string_view host);

// What stands before and behind the data of a chunk, which is not empty: an empty one would end the body.
std::string chunkHead(std::size_t size);
inline constexpr std::string_view kChunkTail = "\r\n";
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

// The value of Date (RFC 9110, section 5.6.7), made once a second.
class DateText {
 public:
  std::string_view at(base::Instant now);

 private:
  std::int64_t second_ = -1;
  std::string text_;
};

}  // namespace faasbatch::net
