// compile() on any bytes: no crash, and faults or a plan.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "lib/workflow/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace faasbatch::workflow;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto compiled = compile(text);
  if (!compiled && compiled.error().empty()) std::abort();
  if (compiled) {
    // What the API gives back is a manifest of the same workflow.
    const auto again = compile(compiled->object);
    if (!again || again->plan->digest != compiled->plan->digest) std::abort();
  }
  static_cast<void>(splitDocuments(text));
  return 0;
}
