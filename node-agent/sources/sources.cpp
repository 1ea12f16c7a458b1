#include "node-agent/sources/sources.h"

#include <utility>

#include "lib/json/write.h"
#include "node-agent/sources/archives.h"

namespace faasbatch::sources {
namespace {

SourceJson oneMember(std::string_view name, std::string_view text) {
  auto json = std::make_shared<std::string>();
  json::Object(*json).text(name, text).end();
  return json;
}

class AllSources final : public Sources {
 public:
  AllSources(base::Loop& loop, Options options)
      : readConfigMap_(std::move(options.readConfigMap)),
        archives_(loop, options.archives,
                  makeArchiveCache(options.cacheDirectory, options.archives.maxCacheBytes)) {}

  void resolve(const calls::FunctionKey& key, const workflow::FunctionSpec& spec, Done done) override {
    const workflow::Source& source = spec.source;
    switch (source.kind) {
      case workflow::Source::Kind::kInline:
        return done(oneMember("inline", source.text));
      case workflow::Source::Kind::kPath:
        return done(oneMember("path", source.text));
      case workflow::Source::Kind::kArchive:
        return archives_.resolve(source.text, source.sha256, std::move(done));
      case workflow::Source::Kind::kConfigMap:
        if (readConfigMap_) return readConfigMap_(key, source, std::move(done));
        return done(
            base::fail("LoadFailed", "function \"" + spec.name + "\": source.configMap \"" + source.text +
                                         "\" needs Kubernetes; use source.inline, archive or path here"));
    }
  }

 private:
  std::function<void(const calls::FunctionKey&, const workflow::Source&, Done)> readConfigMap_;
  Archives archives_;
};

}  // namespace

std::unique_ptr<Sources> makeSources(base::Loop& loop, Options options) {
  return std::make_unique<AllSources>(loop, std::move(options));
}

}  // namespace faasbatch::sources
