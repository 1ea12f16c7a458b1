#include "runtime/supervisor/init_request.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/json/check.h"
#include "lib/json/members.h"
#include "lib/json/write.h"
#include "runtime/supervisor/binding_files.h"

namespace faasbatch::supervisor {
namespace {

using multiplexer::StoreSpec;

constexpr std::int64_t kMaxBoundBytes =
    64 << 20;  // of maxOutputBytes and maxLogBytes: the largest payload of a frame

constexpr std::array kModes{std::pair("Threads", Mode::kThreads), std::pair("Processes", Mode::kProcesses),
                            std::pair("Exclusive", Mode::kExclusive)};
constexpr std::array kStores{
    std::pair("None", StoreSpec::Kind::kNone), std::pair("Redis", StoreSpec::Kind::kRedis),
    std::pair("CouchDB", StoreSpec::Kind::kCouchDb), std::pair("Agent", StoreSpec::Kind::kAgent)};

std::unexpected<base::Error> invalid(std::string_view name, std::string_view value,
                                     std::string_view expected) {
  constexpr std::size_t kShown = 80;
  return base::fail("InvalidRequest", std::string(name) + " is " + std::string(value.substr(0, kShown)) +
                                          ", expected " + std::string(expected));
}

// Reads typed members of one object; the first that is wrong is kept.
class Reader {
 public:
  explicit Reader(std::vector<json::Member> members) : members_(std::move(members)) {}

  void text(std::string_view name, std::string& out) {
    const auto raw = json::find(members_, name);
    if (!raw) return;
    if (auto value = json::asString(*raw)) {
      out = std::move(*value);
    } else {
      fail(name, *raw, "a string");
    }
  }

  void size(std::string_view name, std::int64_t least, std::int64_t most, std::size_t& out) {
    const auto raw = json::find(members_, name);
    if (!raw) return;
    const auto value = json::asInt(*raw);
    if (value && *value >= least && *value <= most) {
      out = static_cast<std::size_t>(*value);
    } else {
      fail(name, *raw, "an integer from " + std::to_string(least) + " to " + std::to_string(most));
    }
  }

  void millis(std::string_view name, base::Duration most, base::Duration& out) {
    std::size_t count = 0;
    if (!json::find(members_, name)) return;
    size(name, 1, std::chrono::duration_cast<std::chrono::milliseconds>(most).count(), count);
    out = std::chrono::milliseconds(count);
  }

  template <class Table, class Value>
  void oneOf(std::string_view name, const Table& table, Value& out) {
    const auto raw = json::find(members_, name);
    if (!raw) return;
    std::string names;
    for (const auto& [word, value] : table) {
      if (json::asString(*raw) == word) {
        out = value;
        return;
      }
      names += std::string(names.empty() ? "" : ", ") + word;
    }
    fail(name, *raw, "one of " + names);
  }

  std::optional<std::string_view> raw(std::string_view name) const { return json::find(members_, name); }
  void fail(std::string_view name, std::string_view value, std::string_view expected) {
    if (!error_) error_ = invalid(name, value, expected).error();
  }
  const std::optional<base::Error>& error() const { return error_; }

 private:
  std::vector<json::Member> members_;
  std::optional<base::Error> error_;
};

// The body with another value of one member, which it may lack.
std::string withMember(const std::string& body, std::string_view name, std::string_view raw) {
  std::string out;
  json::Object object(out);
  const auto members = json::members(body);  // was taken apart before: there is no error
  for (const auto& [key, value] : *members) {
    if (key != name) object.raw(key, value);
  }
  object.raw(name, raw).end();
  return out;
}

// The archive of the source, where there is one; it is taken out of the body, as it may be large.
void takeArchive(InitRequest& request, Reader& reader) {
  const auto source = reader.raw("source");
  if (!source) return reader.fail("source", "missing", "an object with inline, path or archive");
  const auto members = json::members(*source);
  const auto raw = members ? json::find(*members, "archive") : std::nullopt;
  if (!raw) return;
  auto text = json::asString(*raw);
  if (!text) return reader.fail("source.archive", *raw, "a zip in base64");
  request.archive = std::make_shared<const std::string>(std::move(*text));
}

}  // namespace

base::Result<StoreSpec> parseStore(std::string_view json) {
  auto members = json::members(json);
  if (!members) return invalid("store", json, "an object");
  Reader reader(std::move(*members));
  StoreSpec store;
  reader.oneOf("kind", kStores, store.kind);
  reader.text("url", store.url);
  reader.text("prefix", store.prefix);
  reader.text("token", store.token);
  if (reader.error()) return base::fail("InvalidRequest", "store." + reader.error()->message);
  return store;
}

base::Result<InitRequest> parseInit(std::string body) {
  if (auto checked = json::check(body); !checked)
    return base::fail("InvalidRequest", checked.error().message);
  base::Result<std::string> complete = withBindingUrls(std::move(body));
  if (!complete) return std::unexpected(complete.error());
  body = std::move(*complete);
  auto members = json::members(body);
  if (!members) return invalid("the body", body, "an object");
  Reader reader(std::move(*members));
  InitRequest request;
  reader.text("function", request.function);
  reader.text("digest", request.digest);
  reader.oneOf("mode", kModes, request.mode);
  reader.size("limit", 1, kMaxLimit, request.limit);
  reader.size("maxOutputBytes", 1, kMaxBoundBytes, request.maxOutputBytes);
  reader.size("maxLogBytes", 0, kMaxBoundBytes, request.maxLogBytes);
  reader.millis("loadTimeoutMs", kMaxLoadTime, request.loadTime);
  if (request.mode == Mode::kExclusive) request.limit = 1;

  if (const auto raw = reader.raw("store"); raw && *raw != "null") {
    auto store = parseStore(*raw);
    if (!store) return std::unexpected(store.error());
    request.store = std::move(*store);
  }
  reader.text("handler", request.handler);
  if (request.handler.empty())
    reader.fail("handler", reader.raw("handler").value_or("missing"), "MODULE.NAME");
  takeArchive(request, reader);
  if (reader.error()) return std::unexpected(*reader.error());
  request.body = request.archive ? withMember(body, "source", "{}") : std::move(body);
  return request;
}

std::string bodyFor(const InitRequest& request, Mode mode) {
  if (mode == request.mode) return request.body;
  const auto* found = std::ranges::find(kModes, mode, [](const auto& known) { return known.second; });
  return withMember(request.body, "mode", json::quoted(found->first));
}

void setUnpacked(InitRequest& request, const std::string& directory, bool native) {
  std::string path = directory;
  if (native) {
    std::string module = request.handler.substr(0, request.handler.rfind('.'));
    std::ranges::replace(module, '.', '/');
    path += "/" + module + ".so";
  }
  std::string source;
  json::Object(source).text("path", path).end();
  request.body = withMember(request.body, "source", source);
  request.archive = nullptr;
}

}  // namespace faasbatch::supervisor
