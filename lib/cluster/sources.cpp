#include "lib/cluster/sources.h"

#include "lib/cluster/reader.h"
#include "lib/json/check.h"
#include "lib/json/write.h"

namespace faasbatch::cluster {

base::Result<std::vector<SourceDigest>> readSources(std::string_view status) {
  const auto invalid = [](const std::string& why) {
    return base::fail("InvalidSources", "the sources in the status are not valid: " + why);
  };
  if (const auto checked = json::check(status); !checked) return invalid(checked.error().message);
  std::vector<SourceDigest> sources;
  Reader reader(status, "");
  reader.list("sources", kMaxSources, [&sources](Reader& item) {
    SourceDigest source;
    item.text("name", source.name).text("key", source.key).text("sha256", source.sha256);
    item.require(!source.name.empty() && !source.key.empty() && !source.sha256.empty(),
                 "needs name, key and sha256");
    sources.push_back(std::move(source));
  });
  if (!reader.fault().empty()) return invalid(reader.fault());
  return sources;
}

std::string sourcesJson(const std::vector<SourceDigest>& sources) {
  std::string out;
  json::appendList(out, sources, [](std::string& to, const SourceDigest& source) {
    json::Object(to).text("name", source.name).text("key", source.key).text("sha256", source.sha256).end();
  });
  return out;
}

}  // namespace faasbatch::cluster
