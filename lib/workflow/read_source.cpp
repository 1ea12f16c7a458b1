#include "lib/workflow/read_source.h"

#include <algorithm>

#include "lib/json/quote_name.h"
#include "lib/workflow/names.h"

namespace faasbatch::workflow {
namespace {

void readConfigMap(const Fields& source, Source& out) {
  const auto fields = source.map("configMap");
  if (!fields) return;
  out.kind = Source::Kind::kConfigMap;
  take(out.text, fields->text("name"));
  take(out.key, fields->text("key"));
}

void readArchive(const Fields& source, Source& out) {
  const auto fields = source.map("archive");
  if (!fields) return;
  out.kind = Source::Kind::kArchive;
  take(out.text, fields->text("url"));
  take(out.sha256, fields->text("sha256"));
}

// The kind's name, or nothing where there is no source, or a wrong one.
std::optional<std::string_view> readSource(const Fields& function, Source& out) {
  const auto fields = function.map("source");
  if (!fields) return std::nullopt;
  const auto kind = fields->exactlyOne();
  if (!kind) return std::nullopt;
  if (*kind == "inline") take(out.text, fields->text("inline"));
  if (*kind == "path") {
    out.kind = Source::Kind::kPath;
    take(out.text, fields->text("path"));
  }
  readConfigMap(*fields, out);
  readArchive(*fields, out);
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

void readCode(const Fields& function, FunctionSpec& spec) {
  const auto source = readSource(function, spec.source);
  take(spec.image, function.text("image"));
  take(spec.handler, function.text("handler"));
  if (spec.runtime == Runtime::kContainer) {
    checkContainer(function, source);
    return;
  }
  if (!function.has("handler")) function.fault("handler", "is required");
  checkHandler(function, spec);
  if (!function.has("source")) function.fault("source", "is required");
  if (spec.runtime == Runtime::kNative && source && *source != "path" && *source != "archive") {
    function.fault("source",
                   "a Native function needs source.path (a shared object inside the pod) or "
                   "source.archive (a zip that holds it), not " +
                       std::string(*source));
  }
}

}  // namespace faasbatch::workflow
