// Texts that are too long, cut between characters.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace faasbatch::json {

// The beginning of a UTF-8 text, at most `most` bytes, that ends between two characters; of what is no UTF-8,
// some beginning of it. Points into `text`. Pure.
std::string_view beginningOf(std::string_view text, std::size_t most);

// The text, or its beginning and "...", at most `most` (3 or more) bytes together. Pure.
std::string shortened(std::string text, std::size_t most);

}  // namespace faasbatch::json
