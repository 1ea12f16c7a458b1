// Inputs and outputs: JSON text that is checked once and then travels as it came.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace faasbatch::base {

// Immutable, shared JSON text (valid UTF-8, valid JSON: whoever makes one has checked it). Copying shares the
// bytes. A default-made Payload is the JSON text `null`. Thread-safe as std::shared_ptr<const T> is.
class Payload {
 public:
  Payload() = default;
  explicit Payload(std::string json) : text_(std::make_shared<const std::string>(std::move(json))) {}

  std::string_view view() const { return text_ ? std::string_view(*text_) : std::string_view("null"); }
  std::size_t size() const { return view().size(); }
  friend bool operator==(const Payload& a, const Payload& b) { return a.view() == b.view(); }

 private:
  std::shared_ptr<const std::string> text_;
};

}  // namespace faasbatch::base
