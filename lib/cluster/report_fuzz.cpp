// reportFromJson() on any bytes: what it takes is read back as it was.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "lib/cluster/report.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace faasbatch::cluster;
  const auto report = reportFromJson(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!report) return 0;
  const auto again = reportFromJson(toJson(*report));
  if (!again || *again != *report) std::abort();
  return 0;
}
