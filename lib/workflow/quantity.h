// Amounts of a resource as Kubernetes writes them (resource.Quantity): "500m", "1.5", "128Mi", "2e3".
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace faasbatch::workflow {

// In thousandths, rounded up as Kubernetes does; what does not fit is the largest number. Nothing where the
// text is no quantity or is negative: a pod asks for nothing less than nothing.
std::optional<std::int64_t> parseQuantityMilli(std::string_view text);

}  // namespace faasbatch::workflow
