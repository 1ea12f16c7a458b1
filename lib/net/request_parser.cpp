#include "lib/net/detail/request_parser.h"

#include <algorithm>
#include <boost/beast/http/error.hpp>

namespace faasbatch::net {
namespace {

namespace http = boost::beast::http;

// A body is trusted with this much memory on its announced length alone; beyond, it must arrive.
constexpr std::uint64_t kMaxReserve = 64 * 1024;

std::string text(boost::beast::string_view view) { return {view.data(), view.size()}; }

// "http://host/path?q" as "/path?q": servers must take the absolute form (RFC 9112, section 3.2.2).
std::string originForm(std::string target) {
  if (target.starts_with('/') || !sameName(std::string_view(target).substr(0, 7), "http://")) return target;
  const auto begin = target.find_first_of("/?", 7);
  if (begin == target.npos) return "/";
  return target[begin] == '?' ? "/" + target.substr(begin) : target.substr(begin);
}

}  // namespace

RequestParser::RequestParser(std::size_t maxHeaderBytes, std::size_t maxBodyBytes) {
  header_limit(static_cast<std::uint32_t>(std::min<std::size_t>(maxHeaderBytes, UINT32_MAX)));
  body_limit(maxBodyBytes);
  eager(true);
}

void RequestParser::on_request_impl(http::verb, View method, View target, int version, ErrorCode&) {
  request_.method = text(method);
  request_.target = originForm(text(target));
  version_ = version;
}

void RequestParser::on_field_impl(Field name, View nameText, View value, ErrorCode& error) {
  if (headerDone_) return;  // trailers are read and dropped
  checkFraming(name, value, error);
  if (error) return;
  if (name == Field::expect && sameName({value.data(), value.size()}, "100-continue"))
    expectsContinue_ = true;
  request_.headers.add(text(nameText), text(value));
}

void RequestParser::checkFraming(Field name, View value, ErrorCode& error) {
  const std::string_view field(value.data(), value.size());
  if (name == Field::host) {
    if (std::exchange(hasHost_, true)) error = http::error::bad_value;
  } else if (name == Field::content_length) {
    const bool digits =
        !field.empty() && std::ranges::all_of(field, [](char c) { return c >= '0' && c <= '9'; });
    if (std::exchange(hasLength_, true) || hasCoding_ || !digits) error = http::error::bad_content_length;
  } else if (name == Field::transfer_encoding) {
    if (std::exchange(hasCoding_, true) || hasLength_ || version_ < 11 || !sameName(field, "chunked")) {
      error = http::error::bad_transfer_encoding;
    }
  }
}

void RequestParser::on_header_impl(ErrorCode& error) {
  headerDone_ = true;
  if (version_ == 11 && !hasHost_) error = http::error::bad_field;
  if (version_ < 11) expectsContinue_ = false;
}

void RequestParser::on_body_init_impl(const boost::optional<std::uint64_t>& length, ErrorCode&) {
  if (length) request_.body.reserve(static_cast<std::size_t>(std::min(*length, kMaxReserve)));
}

std::size_t RequestParser::on_body_impl(View body, ErrorCode&) {
  request_.body.append(body.data(), body.size());
  return body.size();
}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t, View body, ErrorCode&) {
  request_.body.append(body.data(), body.size());
  return body.size();
}

}  // namespace faasbatch::net
