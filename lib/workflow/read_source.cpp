#include "lib/workflow/read_source.h"

#include <algorithm>

#include "lib/json/quote_name.h"
#include "lib/workflow/names.h"
#include "lib/workflow/suggest.h"

namespace faasbatch::workflow {
namespace {

constexpr std::size_t kSha256Digits = 64;

void readConfigMap(const Fields& source, Faults& faults, Source& out) {
  const Tree* tree = source.map("configMap");
  if (tree == nullptr) return;
  const Fields fields(*tree, source.at("configMap"), faults, {"name", "key"});
  out.kind = Source::Kind::kConfigMap;
  take(out.text, fields.requiredText("name"));
  take(out.key, fields.requiredText("key"));
  if (out.text.empty()) return;
  if (auto message = checkObjectName(out.text); !message.empty()) fields.fault("name", message);
}

void readArchive(const Fields& source, Faults& faults, Source& out) {
  const Tree* tree = source.map("archive");
  if (tree == nullptr) return;
  const Fields fields(*tree, source.at("archive"), faults, {"url", "sha256"});
  out.kind = Source::Kind::kArchive;
  take(out.text, fields.requiredText("url"));
  take(out.sha256, fields.requiredText("sha256"));
  if (!out.text.empty() && !out.text.starts_with("https://") && !out.text.starts_with("http://")) {
    fields.fault("url", "must begin with https:// or http://, not " + json::quoteName(out.text));
  }
  const bool hex = std::ranges::all_of(out.sha256, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  });
  if (!out.sha256.empty() && (!hex || out.sha256.size() != kSha256Digits)) {
    fields.fault("sha256", "must be 64 hex digits, not " + json::quoteName(out.sha256));
  }
}

// The kind's name, or nothing where there is no source, or a wrong one.
std::optional<std::string_view> readSource(const Fields& function, Faults& faults, Source& out) {
  const Tree* tree = function.map("source");
  if (tree == nullptr) return std::nullopt;
  const Fields fields(*tree, function.at("source"), faults, {"inline", "configMap", "archive", "path"});
  const auto kind = fields.exactlyOne("a source", {"inline", "configMap", "archive", "path"});
  if (!kind) return std::nullopt;
  if (*kind == "inline") take(out.text, fields.text("inline"));
  if (*kind == "path") {
    out.kind = Source::Kind::kPath;
    take(out.text, fields.text("path"));
  }
  readConfigMap(fields, faults, out);
  readArchive(fields, faults, out);
  return kind;
}

void checkHandler(const Fields& function, const FunctionSpec& spec) {
  if (spec.handler.empty()) return;
  if (spec.runtime == Runtime::kNative) {
    if (isDottedName(spec.handler, 1)) return;
    function.fault("handler", "must be the name of a symbol, not " + json::quoteName(spec.handler));
  } else if (spec.runtime == Runtime::kPython) {
    if (!isDottedName(spec.handler, 2)) {
      function.fault("handler",
                     "must be MODULE.NAME, such as \"count.handler\", not " + json::quoteName(spec.handler));
    } else if (spec.source.kind == Source::Kind::kInline && std::ranges::count(spec.handler, '.') > 1) {
      function.fault("handler",
                     "must be MODULE.NAME with one dot where the source is inline (the text becomes "
                     "MODULE.py), not " +
                         json::quoteName(spec.handler));
    }
  }
}

void checkContainer(const Fields& function, std::optional<std::string_view> source) {
  if (!function.has("image")) function.fault("image", "is required where the runtime is Container");
  if (source && *source != "path") {
    function.fault("source", "a Container function brings its code in its image: leave " +
                                 std::string(*source) + " out");
  }
}

}  // namespace

void readCode(const Fields& function, Faults& faults, FunctionSpec& spec) {
  const auto source = readSource(function, faults, spec.source);
  take(spec.image, function.text("image"));
  if (spec.runtime == Runtime::kContainer) {
    take(spec.handler, function.text("handler"));
    checkContainer(function, source);
    return;
  }
  take(spec.handler, function.requiredText("handler"));
  checkHandler(function, spec);
  if (!function.has("source")) function.fault("source", "is required");
  if (spec.runtime == Runtime::kNative && source && *source != "path") {
    function.fault("source", "a Native function needs source.path (a shared object inside the pod), not " +
                                 std::string(*source));
  }
}

}  // namespace faasbatch::workflow
