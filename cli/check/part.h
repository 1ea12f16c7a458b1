// One part of an installation and what is to be said of it.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace faasbatch::cli {

struct Part {
  enum class State { kOk, kWrong, kUnknown };
  std::string name;     // "deployment/faasbatch-operator"
  std::string version;  // empty: it has none
  State state = State::kOk;
  std::string text;  // one line: what is wrong and what to do, or what there is to know

  static Part ok(std::string name, std::string version, std::string text) {
    return {std::move(name), std::move(version), State::kOk, std::move(text)};
  }
  static Part wrong(std::string name, std::string version, std::string text) {
    return {std::move(name), std::move(version), State::kWrong, std::move(text)};
  }
  // The caller may not look.
  static Part unknown(std::string name, std::string text) {
    return {std::move(name), "", State::kUnknown, std::move(text)};
  }
  friend bool operator==(const Part&, const Part&) = default;
};
using Parts = std::vector<Part>;

bool anyWrong(const Parts& parts);
std::vector<std::vector<std::string>> partRows(const Parts& parts);  // with a heading
std::string partsJson(const Parts& parts);  // {"items": [{"name", "version", "state", "text"}]}

}  // namespace faasbatch::cli
