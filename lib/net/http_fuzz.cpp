// Requests, responses, targets and queries out of any bytes. The first byte chooses how the rest is split;
// however it is split, the parsers must find the same.
#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/net/byte_buffer.h"
#include "lib/net/detail/request_parser.h"
#include "lib/net/detail/response_parser.h"
#include "lib/net/endpoint.h"
#include "lib/net/http.h"
#include "lib/net/write_message.h"

namespace {

using namespace faasbatch::net;
using ErrorCode = boost::system::error_code;

constexpr std::size_t kMaxHeader = 512;
constexpr std::size_t kMaxBody = 1024;

void require(bool condition) {
  if (!condition) std::abort();
}

// Hands `bytes` to `parser` in pieces of `piece` bytes, as a connection does. True: a whole message; false:
// an error, or more is needed.
template <class Parser>
bool parse(Parser& parser, std::string_view bytes, std::size_t piece) {
  ByteBuffer buffer;
  while (!bytes.empty()) {
    const std::string_view arrived = bytes.substr(0, piece);
    bytes.remove_prefix(arrived.size());
    std::copy(arrived.begin(), arrived.end(), buffer.prepare(arrived.size()).begin());
    buffer.commit(arrived.size());
    while (!buffer.empty()) {
      ErrorCode error;
      const std::size_t taken = parser.put(boost::asio::buffer(buffer.data()), error);
      require(taken <= buffer.size());
      buffer.consume(taken);
      if (error == boost::beast::http::error::need_more) break;
      if (error) return false;
      if (parser.is_done()) return true;
    }
  }
  return false;
}

struct Collector final : ResponseTaker {
  bool takeHead(int status, Headers fields) override {
    response.status = status;
    response.headers = std::move(fields);
    return true;
  }
  bool takeBody(std::string_view data) override {
    response.body.append(data);
    return response.body.size() <= kMaxBody;
  }
  Response response;
};

std::optional<Request> requestOf(std::string_view bytes, std::size_t piece) {
  RequestParser parser(kMaxHeader, kMaxBody);
  if (!parse(parser, bytes, piece)) return std::nullopt;
  return parser.take();
}

std::optional<Response> responseOf(std::string_view bytes, std::size_t piece) {
  Collector collector;
  ResponseParser parser(collector, kMaxHeader, false);
  if (!parse(parser, bytes, piece)) return std::nullopt;
  return std::move(collector.response);
}

bool sameFields(const Headers& a, const Headers& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

void checkTarget(const Request& request) {
  require(request.path().size() + request.query().size() <= request.target.size());
  if (const auto decoded = percentDecode(request.path())) require(decoded->size() <= request.path().size());
  queryParameter(request.query(), "wait");
}

// What our client would send for this request is read back as the same.
void checkRoundTrip(const Request& request) {
  std::string bytes;
  appendRequestHead(bytes, request, {}, "host");
  RequestParser parser(64 * 1024, kMaxBody);
  if (!parse(parser, bytes + request.body, SIZE_MAX)) return;
  const Request again = parser.take();
  require(again.method == request.method && again.target == request.target && again.body == request.body);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t piece = 1 + data[0] % 64;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);

  const auto whole = requestOf(bytes, SIZE_MAX);
  const auto split = requestOf(bytes, piece);
  require(whole.has_value() == split.has_value());
  if (whole) {
    require(whole->method == split->method && whole->target == split->target && whole->body == split->body);
    require(sameFields(whole->headers, split->headers));
    require(whole->body.size() <= kMaxBody);
    require(!(whole->headers.find("Content-Length") && whole->headers.find("Transfer-Encoding")));
    checkTarget(*whole);
    checkRoundTrip(*whole);
  }

  const auto answer = responseOf(bytes, SIZE_MAX);
  const auto splitAnswer = responseOf(bytes, piece);
  require(answer.has_value() == splitAnswer.has_value());
  if (answer) require(answer->body == splitAnswer->body && sameFields(answer->headers, splitAnswer->headers));

  percentDecode(bytes, true);
  queryParameter(bytes, "a");
  if (const auto endpoint = Endpoint::parse(bytes))
    require(Endpoint::parse(endpoint->describe()).has_value());
  return 0;
}
