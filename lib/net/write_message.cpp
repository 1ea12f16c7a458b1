#include "lib/net/write_message.h"

#include <algorithm>
#include <charconv>
#include <ctime>

namespace faasbatch::net {
namespace {

// Whether the field is written by the session layer, whatever the caller has put there.
bool isOurs(std::string_view name) {
  switch (name.size()) {
    case 4:
      return sameName(name, "Date");
    case 10:
      return sameName(name, "Connection");
    case 14:
      return sameName(name, "Content-Length");
    case 17:
      return sameName(name, "Transfer-Encoding");
    default:
      return false;
  }
}

void appendSafely(std::string& out, std::string_view text) {
  const std::size_t begin = out.size();
  out += text;
  std::replace_if(
      out.begin() + static_cast<std::ptrdiff_t>(begin), out.end(),
      [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
}

// A part of the request line: what would end it is escaped.
void appendToken(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) > ' ') {
      out += c;
    } else {
      out += "%20";
    }
  }
}

void appendField(std::string& out, std::string_view name, std::string_view value) {
  appendSafely(out, name);
  out += ": ";
  appendSafely(out, value);
  out += "\r\n";
}

void appendNumber(std::string& out, std::size_t value, int base = 10) {
  char digits[24];
  const auto written = std::to_chars(std::begin(digits), std::end(digits), value, base);
  out.append(digits, written.ptr);
}

void appendLength(std::string& out, std::size_t length) {
  out += "Content-Length: ";
  appendNumber(out, length);
  out += "\r\n";
}

}  // namespace

std::string_view reasonPhrase(int status) {
  switch (status) {
    case 100:
      return "Continue";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Unknown";
  }
}

void appendHead(std::string& out, const ResponseLine& line, const Headers& headers) {
  out += "HTTP/1.1 ";
  appendNumber(out, static_cast<std::size_t>(std::clamp(line.status, 100, 999)));
  out += ' ';
  out += reasonPhrase(line.status);
  out += "\r\n";
  for (const auto& [name, value] : headers) {
    if (!isOurs(name)) appendField(out, name, value);
  }
  if (!line.date.empty()) appendField(out, "Date", line.date);
  if (!line.connection.empty()) appendField(out, "Connection", line.connection);
  if (line.framing.kind == Framing::Kind::kLength) appendLength(out, line.framing.length);
  if (line.framing.kind == Framing::Kind::kChunked) out += "Transfer-Encoding: chunked\r\n";
  out += "\r\n";
}

void appendRequestHead(std::string& out, const Request& request, const Headers& shared,
                       std::string_view host) {
  appendToken(out, request.method);
  out += ' ';
  appendToken(out, request.target);
  out += " HTTP/1.1\r\n";
  if (!request.headers.find("Host") && !shared.find("Host")) appendField(out, "Host", host);
  for (const auto& [name, value] : shared) {
    if (!isOurs(name) && !request.headers.find(name)) appendField(out, name, value);
  }
  for (const auto& [name, value] : request.headers) {
    if (!isOurs(name)) appendField(out, name, value);
  }
  if (!request.body.empty() || (request.method != "GET" && request.method != "HEAD")) {
    appendLength(out, request.body.size());
  }
  out += "\r\n";
}

std::string chunkHead(std::size_t size) {
  std::string head;
  appendNumber(head, size, 16);
  return head += "\r\n";
}

std::string_view DateText::at(base::Instant now) {
  constexpr std::int64_t kNsPerSecond = 1'000'000'000;
  const std::int64_t second = now.ns / kNsPerSecond;
  if (second != second_) {
    second_ = second;
    const std::time_t time = second;
    std::tm utc{};
    gmtime_r(&time, &utc);
    char text[40];
    text_.assign(text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &utc));
  }
  return text_;
}

}  // namespace faasbatch::net
