#include "lib/cel/utf8.h"

#include <algorithm>

namespace faasbatch::cel {
namespace {

bool isContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

std::size_t lengthByLead(char c) {
  const auto lead = static_cast<unsigned char>(c);
  if (lead >= 0xF0) return 4;
  if (lead >= 0xE0) return 3;
  return lead >= 0xC0 ? 2 : 1;
}

std::uint32_t smallestOfLength(std::size_t bytes) {
  if (bytes == 4) return 0x10000;
  if (bytes == 3) return 0x800;
  return bytes == 2 ? 0x80 : 0;
}

}  // namespace

bool isCodePoint(std::uint32_t code) { return code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF); }

bool isUtf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t bytes = lengthByLead(text[0]);
    if (isContinuation(text[0]) || static_cast<unsigned char>(text[0]) > 0xF7 || bytes > text.size())
      return false;
    if (!std::ranges::all_of(text.substr(1, bytes - 1), isContinuation)) return false;
    const std::uint32_t code = decodeCodePoint(text);
    if (!isCodePoint(code) || code < smallestOfLength(bytes)) return false;
    text.remove_prefix(bytes);
  }
  return true;
}

void appendUtf8(std::uint32_t code, std::string& out) {
  if (code < 0x80) {
    out += static_cast<char>(code);
    return;
  }
  if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (code >> 18));
    out += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
  }
  out += static_cast<char>(0x80 | (code & 0x3F));
}

std::size_t countCodePoints(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return !isContinuation(c); }));
}

std::size_t codePointBytes(std::string_view text) { return std::min(lengthByLead(text[0]), text.size()); }

std::uint32_t decodeCodePoint(std::string_view text) {
  const std::size_t bytes = codePointBytes(text);
  const auto lead = static_cast<unsigned char>(text[0]);
  if (bytes == 1) return lead;
  std::uint32_t code = lead & (0xFFU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) code = (code << 6) | (static_cast<unsigned char>(text[i]) & 0x3FU);
  return code;
}

std::size_t offsetOfCodePoint(std::string_view text, std::uint64_t index) {
  std::size_t offset = 0;
  for (; index > 0 && offset < text.size(); --index) offset += codePointBytes(text.substr(offset));
  return index == 0 ? offset : std::string_view::npos;
}

}  // namespace faasbatch::cel
