// "did you mean": the nearest of the names there are.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace faasbatch::cel {

// The candidate that differs least from `name`, by at most a third of its letters (insertions, deletions,
// changes and swaps of neighbours); empty where none is near.
std::string_view nearestName(std::string_view name, std::span<const std::string_view> candidates);

// `, did you mean "x"?`, or nothing.
std::string didYouMean(std::string_view name, std::span<const std::string_view> candidates);

}  // namespace faasbatch::cel
