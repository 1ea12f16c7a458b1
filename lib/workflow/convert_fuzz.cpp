// FaaSFlow's forms on any bytes: what converts, compiles.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "lib/workflow/convert.h"
#include "lib/workflow/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace faasbatch::workflow;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const FaasflowForm form : {FaasflowForm::kFlat, FaasflowForm::kHierarchical}) {
    const auto json = convertFaasflow(text, form, {.name = "fuzz"});
    if (json ? !compile(*json) : json.error().message.empty()) std::abort();
  }
  return 0;
}
