// check() against the library's own parser, and members() and elements() on any bytes: every slice lies
// inside the text.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <string_view>

#include "lib/json/check.h"
#include "lib/json/members.h"
#include "lib/json/write.h"

namespace {

using namespace faasbatch;

void require(bool condition) {
  if (!condition) std::abort();
}

bool inside(std::string_view slice, std::string_view text) {
  return !slice.empty() && slice.data() >= text.data() &&
         slice.data() + slice.size() <= text.data() + text.size();
}

void lookInside(std::string_view text, bool valid) {
  if (const auto members = json::members(text)) {
    for (const auto& member : *members) {
      require(inside(member.value, text));
      require(!valid || json::check(member.value).has_value());
    }
  }
  if (const auto elements = json::elements(text)) {
    for (const auto element : *elements) {
      require(inside(element, text));
      require(!valid || json::check(element).has_value());
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A copy of exactly this size, so that a read behind the end is seen.
  const std::unique_ptr<char[]> bytes(new char[size]);
  std::copy_n(data, size, bytes.get());
  const std::string_view text(bytes.get(), size);

  const bool valid = json::check(text).has_value();
  // The library lets a NUL end the text, and skips a byte order mark.
  const bool more = text.find('\0') != text.npos || text.starts_with("\xEF\xBB\xBF");
  const bool validAtAnyDepth = json::check(text, size).has_value();
  require(validAtAnyDepth == (!more && nlohmann::json::accept(text)));
  require(!valid || validAtAnyDepth);
  lookInside(text, valid);
  require(json::check(json::quoted(text)).has_value());
  if (valid) require(json::check(json::oneLine(text)).has_value());
  if (valid && !text.empty() && text.front() == '"')
    require(json::asString(text).has_value() || text.back() != '"');
  json::asInt(text);
  json::asDouble(text);
  return 0;
}
