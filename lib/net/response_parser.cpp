#include "lib/net/detail/response_parser.h"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/beast/http/error.hpp>

namespace faasbatch::net {

namespace http = boost::beast::http;

ResponseParser::ResponseParser(ResponseTaker& taker, std::size_t maxHeaderBytes, bool answersHead)
    : taker_(taker) {
  header_limit(static_cast<std::uint32_t>(std::min<std::size_t>(maxHeaderBytes, UINT32_MAX)));
  body_limit(UINT64_MAX);  // the taker's matter (in Boost 1.74 "no limit" refuses every length)
  eager(true);
  skip(answersHead);
}

void ResponseParser::on_response_impl(int status, View, int, ErrorCode&) { status_ = status; }

void ResponseParser::on_field_impl(Field name, View nameText, View value, ErrorCode& error) {
  if (headerDone_) return;  // trailers are read and dropped
  if (name == Field::content_length && (std::exchange(hasLength_, true) || hasCoding_)) {
    error = http::error::bad_content_length;
  } else if (name == Field::transfer_encoding) {
    const bool chunked = sameName({value.data(), value.size()}, "chunked");
    if (std::exchange(hasCoding_, true) || hasLength_ || !chunked) error = http::error::bad_transfer_encoding;
  }
  if (error) return;
  headers_.add({nameText.data(), nameText.size()}, {value.data(), value.size()});
}

void ResponseParser::on_header_impl(ErrorCode& error) {
  headerDone_ = true;
  if (!isInterim() && !taker_.takeHead(status_, std::move(headers_)))
    error = boost::asio::error::operation_aborted;
}

std::size_t ResponseParser::on_body_impl(View body, ErrorCode& error) {
  if (!taker_.takeBody({body.data(), body.size()})) error = boost::asio::error::operation_aborted;
  return body.size();
}

std::size_t ResponseParser::on_chunk_body_impl(std::uint64_t, View body, ErrorCode& error) {
  if (!taker_.takeBody({body.data(), body.size()})) error = boost::asio::error::operation_aborted;
  return body.size();
}

}  // namespace faasbatch::net
