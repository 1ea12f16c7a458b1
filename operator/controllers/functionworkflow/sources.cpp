#include "operator/controllers/functionworkflow/sources.h"

#include "lib/crypto/digest.h"
#include "lib/json/members.h"
#include "lib/json/path.h"

namespace faasbatch::controllers {

Found foundIn(std::string_view configMap, std::string_view key) {
  const auto raw = json::at(configMap, {"data", key});
  if (!raw) {
    const bool binary = json::at(configMap, {"binaryData", key}).has_value();
    if (binary)
      return {.state = Found::State::kUnreadable,
              .why = "it is under binaryData: a module is text, under data"};
    return {.state = Found::State::kNoKey};
  }
  const auto text = json::asString(*raw);
  if (!text) return {.state = Found::State::kUnreadable, .why = "it is no text"};
  if (text->empty()) return {.state = Found::State::kUnreadable, .why = "it is empty"};
  return {.sha256 = crypto::sha256Hex(*text)};
}

std::string describe(const Reference& reference, const Found& found) {
  const std::string object = reference.kind == Reference::Kind::kSecret ? "Secret" : "ConfigMap";
  const std::string name = object + " \"" + reference.name + "\"";
  switch (found.state) {
    case Found::State::kThere:
      return {};
    case Found::State::kNoObject:
      return reference.path + ": there is no " + name + " in the namespace";
    case Found::State::kNoKey:
      return reference.path + ": the " + name + " has no key \"" + reference.key + "\"";
    case Found::State::kUnreadable:
      return reference.path + ": the " + name + ", key \"" + reference.key +
             "\", cannot be read: " + found.why;
  }
  return {};
}

}  // namespace faasbatch::controllers
