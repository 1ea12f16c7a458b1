// A kubeconfig of any bytes, merged with itself under another name: no crash, and faults are of one kind.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "lib/kube/kubeconfig.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace faasbatch::kube;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto config = Kubeconfig::parse({{"/a/config", text}, {"config", text}});
  if (!config) {
    if (config.error().kind != "InvalidKubeconfig") std::abort();
    return 0;
  }
  for (const char* name : {"", "one"}) {
    const auto context = config->context(name);
    if (!context && context.error().kind != "InvalidKubeconfig") std::abort();
    if (context && context->server.empty()) std::abort();
    if (context && context->exec) static_cast<void>(execInfo(*context->exec));
  }
  return 0;
}
