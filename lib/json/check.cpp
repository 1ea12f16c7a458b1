#include "lib/json/check.h"

#include <nlohmann/json.hpp>

namespace faasbatch::json {
namespace {

using Json = nlohmann::json;

// Takes the parser's events and keeps nothing of them but the depth and the first error.
class DepthCounter final : public nlohmann::json_sax<Json> {
 public:
  explicit DepthCounter(std::size_t maxDepth) : maxDepth_(maxDepth) {}

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool key(string_t&) override { return true; }
  bool start_object(std::size_t) override { return enter(); }
  bool start_array(std::size_t) override { return enter(); }
  bool end_object() override { return leave(); }
  bool end_array() override { return leave(); }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    errorAt_ = position == 0 ? 0 : position - 1;
    return false;
  }

  bool tooDeep() const { return depth_ > maxDepth_; }
  std::size_t errorAt() const { return errorAt_; }

 private:
  bool enter() { return ++depth_ <= maxDepth_; }
  bool leave() {
    --depth_;
    return true;
  }

  std::size_t maxDepth_;
  std::size_t depth_ = 0;
  std::size_t errorAt_ = 0;
};

base::Result<void> invalid(std::string_view what, std::size_t offset) {
  return base::fail("InvalidJson", std::string(what) + " at byte " + std::to_string(offset));
}

}  // namespace

base::Result<void> check(std::string_view text, std::size_t maxDepth) {
  // The parser would take a NUL for the end of its input, and skip a byte order mark, which RFC 8259 forbids
  // to send and which later readers of the same text refuse.
  if (const auto nul = text.find('\0'); nul != text.npos) return invalid("not JSON: a NUL byte", nul);
  if (text.starts_with("\xEF\xBB\xBF")) return invalid("not JSON: a byte order mark", 0);

  DepthCounter counter(maxDepth);
  if (Json::sax_parse(text.begin(), text.end(), &counter)) return {};
  if (counter.tooDeep()) {
    return base::fail("InvalidJson",
                      "nested deeper than " + std::to_string(maxDepth) + " arrays and objects");
  }
  return invalid("not JSON: unexpected input", counter.errorAt());
}

}  // namespace faasbatch::json
