// HTTP/1.1 requests out of bytes (RFC 9112), by Beast's parser, straight into a Request. For lib/net's own
// sources.
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <string>

#include "lib/net/http.h"

namespace faasbatch::net {

// One parser for one request. put() is given the bytes not consumed yet, in one piece, again and again until
// is_done(). Stricter than Beast where leniency lets two servers disagree on where a request ends (RFC 9112,
// section 11.2): Content-Length beside Transfer-Encoding, either of them twice, a transfer coding other than
// chunked, or any in HTTP/1.0, and Host missing or twice are errors.
class RequestParser final : public boost::beast::http::basic_parser<true> {
 public:
  RequestParser(std::size_t maxHeaderBytes, std::size_t maxBodyBytes);

  const Request& head() const { return request_; }
  Request take() { return std::move(request_); }
  std::size_t bodyBytes() const { return request_.body.size(); }  // so far
  bool isHead() const { return request_.method == "HEAD"; }
  bool isHttp11() const { return version_ == 11; }
  bool expectsContinue() const { return expectsContinue_; }

 private:
  using ErrorCode = boost::system::error_code;
  using View = boost::beast::string_view;
  using Field = boost::beast::http::field;

  void on_request_impl(boost::beast::http::verb, View method, View target, int version, ErrorCode&) override;
  void on_response_impl(int, View, int, ErrorCode&) override {}
  void on_field_impl(Field name, View nameText, View value, ErrorCode& error) override;
  void on_header_impl(ErrorCode& error) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, ErrorCode&) override;
  std::size_t on_body_impl(View body, ErrorCode&) override;
  void on_chunk_header_impl(std::uint64_t, View, ErrorCode&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, View body, ErrorCode&) override;
  void on_finish_impl(ErrorCode&) override {}

  void checkFraming(Field name, View value, ErrorCode& error);

  Request request_;
  int version_ = 11;
  bool headerDone_ = false;
  bool expectsContinue_ = false;
  bool hasHost_ = false;
  bool hasLength_ = false;
  bool hasCoding_ = false;
};

}  // namespace faasbatch::net
