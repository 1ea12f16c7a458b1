#include "runtime/workers/native/library.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "lib/json/members.h"

namespace faasbatch::native {
namespace {

constexpr std::int64_t kMaxLimit = 4096;
constexpr std::size_t kDefaultMaxOutputBytes = 6 << 20;

std::unexpected<base::Error> failed(std::string message) {
  return base::fail("LoadFailed", std::move(message));
}

std::string stringOf(const std::vector<json::Member>& members, std::string_view key) {
  const auto raw = json::find(members, key);
  return raw ? json::asString(*raw).value_or("") : "";
}

std::int64_t numberOf(const std::vector<json::Member>& members, std::string_view key,
                      std::int64_t otherwise) {
  const auto raw = json::find(members, key);
  return raw ? json::asInt(*raw).value_or(otherwise) : otherwise;
}

void setEnvironment(const std::vector<json::Member>& members) {
  const auto raw = json::find(members, "env");
  if (!raw) return;
  const auto variables = json::members(*raw);
  if (!variables) return;
  for (const auto& [name, value] : *variables) {
    if (const auto text = json::asString(value)) ::setenv(name.c_str(), text->c_str(), 1);
  }
}

base::Result<faasbatch_handler> open(const std::string& path, const std::string& symbol) {
  void* object = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (object == nullptr) return failed(std::string("cannot open the function's object: ") + ::dlerror());
  const auto* version = static_cast<const std::uint32_t*>(::dlsym(object, "faasbatch_abi_version"));
  if (version == nullptr) return failed(path + " does not say its interface version: include faasbatch.h");
  if (*version != FAASBATCH_ABI_VERSION) {
    return failed(path + " is built for interface version " + std::to_string(*version) +
                  ", this runtime has " + std::to_string(FAASBATCH_ABI_VERSION) + ": build it again");
  }
  void* found = ::dlsym(object, symbol.c_str());
  if (found == nullptr)
    return failed(path + " exports no symbol \"" + symbol + "\": declare it with FAASBATCH_HANDLER");
  return reinterpret_cast<faasbatch_handler>(found);
}

}  // namespace

base::Result<LoadRequest> load(std::string_view initBody) {
  const auto members = json::members(initBody);
  if (!members) return failed(members.error().message);
  const auto source = json::members(json::find(*members, "source").value_or("{}"));
  const std::string path = source ? stringOf(*source, "path") : "";
  if (path.empty()) return failed("a native function needs source.path, the path of its shared object");
  const std::string handler = stringOf(*members, "handler");
  const std::string symbol = handler.substr(handler.rfind('.') + 1);
  if (symbol.empty()) return failed("handler \"" + handler + "\" names no symbol: write MODULE.NAME");

  setEnvironment(*members);
  auto opened = open(path, symbol);
  if (!opened) return std::unexpected(opened.error());
  LoadRequest request;
  request.handler = *opened;
  const std::string mode = stringOf(*members, "mode");
  request.forks = mode == "Processes";
  request.limit =
      mode == "Exclusive"
          ? 1
          : static_cast<std::size_t>(std::clamp<std::int64_t>(numberOf(*members, "limit", 1), 1, kMaxLimit));
  request.maxOutputBytes = static_cast<std::size_t>(
      std::max<std::int64_t>(numberOf(*members, "maxOutputBytes", kDefaultMaxOutputBytes), 1));
  return request;
}

}  // namespace faasbatch::native
