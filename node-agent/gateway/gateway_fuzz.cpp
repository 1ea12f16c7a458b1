// The glue between HTTP and the runs: paths, Prefer headers, wait parameters. None may crash or lose its
// bounds.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "node-agent/gateway/prefer.h"
#include "node-agent/gateway/route.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace faasbatch::gateway;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Route route = parseRoute(text);
  if (route.resource != Resource::kNone && allowedMethods(route.resource).empty()) std::abort();
  if (allows(route.resource, text) && text.empty()) std::abort();
  const Preference preference = parsePrefer(text);
  if (preference.wait && (preference.wait->count() < 0 || *preference.wait > kMaxWait)) std::abort();
  return 0;
}
