// Code points of UTF-8 text. Strings of CEL count in code points.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace faasbatch::cel {

// Without overlong forms and surrogates, up to U+10FFFF.
bool isUtf8(std::string_view text);

bool isCodePoint(std::uint32_t code);  // no surrogate, at most U+10FFFF

void appendUtf8(std::uint32_t code, std::string& out);  // precondition: isCodePoint(code)

std::size_t countCodePoints(std::string_view text);

// Bytes of the code point that begins at text[0]; 1 at least. Precondition: the text is not empty.
std::size_t codePointBytes(std::string_view text);

// Precondition: the text begins with a whole code point.
std::uint32_t decodeCodePoint(std::string_view text);

// Byte offset of the code point with that index; the size of the text for its end; npos behind it.
std::size_t offsetOfCodePoint(std::string_view text, std::uint64_t index);

}  // namespace faasbatch::cel
