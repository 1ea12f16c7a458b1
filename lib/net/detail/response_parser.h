// HTTP/1.1 responses out of bytes, by Beast's parser. For lib/net's own sources.
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <string_view>

#include "lib/net/http.h"

namespace faasbatch::net {

// Takes what the parser finds. A false answer ends the parsing with `operation_aborted`.
class ResponseTaker {
 public:
  virtual ~ResponseTaker() = default;
  virtual bool takeHead(int status, Headers headers) = 0;  // not for 1xx answers
  virtual bool takeBody(std::string_view data) = 0;        // any split
};

// One parser for one response. As strict as RequestParser about where a body ends.
class ResponseParser final : public boost::beast::http::basic_parser<false> {
 public:
  ResponseParser(ResponseTaker& taker, std::size_t maxHeaderBytes, bool answersHead);

  bool isInterim() const { return status_ < 200; }  // 1xx: the real answer follows
  int status() const { return status_; }

 private:
  using ErrorCode = boost::system::error_code;
  using View = boost::beast::string_view;
  using Field = boost::beast::http::field;

  void on_request_impl(boost::beast::http::verb, View, View, int, ErrorCode&) override {}
  void on_response_impl(int status, View reason, int version, ErrorCode&) override;
  void on_field_impl(Field name, View nameText, View value, ErrorCode& error) override;
  void on_header_impl(ErrorCode& error) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>&, ErrorCode&) override {}
  std::size_t on_body_impl(View body, ErrorCode& error) override;
  void on_chunk_header_impl(std::uint64_t, View, ErrorCode&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, View body, ErrorCode& error) override;
  void on_finish_impl(ErrorCode&) override {}

  ResponseTaker& taker_;
  int status_ = 0;
  Headers headers_;
  bool headerDone_ = false;
  bool hasLength_ = false;
  bool hasCoding_ = false;
};

}  // namespace faasbatch::net
