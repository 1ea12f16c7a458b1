// One value deep inside a JSON text, without parsing the rest.
#pragma once

#include <initializer_list>
#include <optional>
#include <string_view>

namespace faasbatch::json {

// The raw value at `path`, member by member from the top, as members() finds them. Nothing where a member is
// missing or what should hold it is no object. Give it checked text (members.h).
std::optional<std::string_view> at(std::string_view text, std::initializer_list<std::string_view> path);

}  // namespace faasbatch::json
