#include "lib/workflow/text_form.h"

#include <algorithm>

#include "lib/json/quote_name.h"
#include "lib/workflow/duration.h"
#include "lib/workflow/names.h"
#include "lib/workflow/quantity.h"

namespace faasbatch::workflow {
namespace {

constexpr std::size_t kSha256Digits = 64;

bool alnum(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

bool labelName(std::string_view text) {
  return !text.empty() && alnum(text.front()) && alnum(text.back()) &&
         std::ranges::all_of(text, [](char c) { return alnum(c) || c == '-' || c == '_' || c == '.'; });
}

std::string anyText(std::string_view) { return {}; }

std::string configKey(std::string_view text) {
  const bool right = !text.empty() && std::ranges::all_of(text, [](char c) {
    return alnum(c) || c == '-' || c == '_' || c == '.';
  });
  return right ? "" : "must be letters, digits, \"-\", \"_\" and \".\", not " + json::quoteName(text);
}

std::string errorType(std::string_view text) {
  if (text == "*" || isDottedName(text, 1)) return {};
  return "must be the name of an error type, or \"*\", not " + json::quoteName(text);
}

std::string constructor(std::string_view text) {
  if (isDottedName(text, 2)) return {};
  return "must be a dotted name such as \"redis.Redis\", not " + json::quoteName(text);
}

std::string httpUrl(std::string_view text) {
  if (text.starts_with("https://") || text.starts_with("http://")) return {};
  return "must begin with https:// or http://, not " + json::quoteName(text);
}

std::string sha256(std::string_view text) {
  const bool hex = std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  });
  return hex && text.size() == kSha256Digits ? "" : "must be 64 hex digits, not " + json::quoteName(text);
}

std::string variableName(std::string_view text) {
  if (!text.empty() && !text.contains('=')) return {};
  return text.empty() ? "must not be empty" : "must not hold \"=\", but is " + json::quoteName(text);
}

std::string labelKey(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view name = slash == std::string_view::npos ? text : text.substr(slash + 1);
  const bool prefix = slash == std::string_view::npos || checkObjectName(text.substr(0, slash)).empty();
  if (prefix && labelName(name)) return {};
  return "must be the key of a label such as \"disk\" or \"example.com/disk\", not " + json::quoteName(text);
}

std::string labelValue(std::string_view text) {
  if (text.empty() || labelName(text)) return {};
  return "must be the value of a label (letters, digits, \"-\", \"_\", \".\"), not " + json::quoteName(text);
}

std::string quantity(std::string_view text) {
  if (parseQuantityMilli(text)) return {};
  return "must be a quantity such as \"500m\" or \"256Mi\", not " + json::quoteName(text);
}

std::string durationText(std::string_view text) {
  if (parseDuration(text)) return {};
  return "must be a duration such as \"30s\", \"50ms\" or \"1m30s\", not " + json::quoteName(text);
}

std::string expressionText(std::string_view text) {
  if (text.starts_with("${") && text.ends_with('}')) return {};
  return "must be one expression: \"${...}\"";
}

std::string waitText(std::string_view text) {
  return expressionText(text).empty() ? std::string() : durationText(text);
}

}  // namespace

constinit const TextForm kAnyText{"any", "", anyText};
constinit const TextForm kStepNameForm{"step name", "^[A-Za-z_][A-Za-z0-9_-]*$", checkStepName};
constinit const TextForm kObjectNameForm{
    "object name", R"(^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$)", checkObjectName};
constinit const TextForm kConfigKeyForm{"key of a ConfigMap", "^[-._a-zA-Z0-9]+$", configKey};
constinit const TextForm kErrorTypeForm{
    "error type", R"(^(\*|[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*)$)", errorType};
constinit const TextForm kConstructorForm{
    "constructor", R"(^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)+$)", constructor};
constinit const TextForm kHttpUrlForm{"URL", "^https?://", httpUrl};
constinit const TextForm kSha256Form{"SHA-256", "^[0-9a-fA-F]{64}$", sha256};
constinit const TextForm kVariableNameForm{"variable", "^[^=]+$", variableName};
constinit const TextForm kLabelKeyForm{
    "label key",
    R"(^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$)",
    labelKey};
constinit const TextForm kLabelValueForm{"label value", "^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$",
                                         labelValue};
constinit const TextForm kQuantityForm{
    "quantity", R"(^\+?([0-9]+(\.[0-9]*)?|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$)", quantity};
constinit const TextForm kDurationForm{
    "duration", R"(^(0|(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)$)", durationText};
constinit const TextForm kExpressionForm{"expression", R"(^\$\{[\s\S]*\}$)", expressionText};
constinit const TextForm kWaitForm{
    "wait", R"(^(\$\{[\s\S]*\}|0|(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)$)", waitText};

}  // namespace faasbatch::workflow
