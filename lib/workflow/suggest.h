// "did you mean": the nearest of the names that would have been right.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace faasbatch::workflow {

// The candidate nearest to `name` by optimal string alignment distance (insert, delete, replace, swap
// neighbours; case counts for nothing), if it is near enough to be meant: at most a third of the name's
// length. The first of equals wins.
std::optional<std::string_view> nearest(std::string_view name, std::span<const std::string_view> candidates);

// `unknown step "splt", did you mean "split"?`, or without the question.
std::string unknownName(std::string_view what, std::string_view name,
                        std::span<const std::string_view> candidates);

}  // namespace faasbatch::workflow
