// What a name may look like, and what to say where it does not.
#pragma once

#include <string>
#include <string_view>

namespace faasbatch::workflow {

inline constexpr std::size_t kMaxObjectNameBytes = 253;
inline constexpr std::size_t kMaxStepNameBytes = 63;

// Each returns an empty string where the name is right, else the message.

// DNS-1123 subdomain: lower case letters, digits, '-' and '.', each part beginning and ending with a letter
// or digit.
std::string checkObjectName(std::string_view name);
// Steps and functions: [A-Za-z_][A-Za-z0-9_-]*, at most 63.
std::string checkStepName(std::string_view name);

// [A-Za-z_][A-Za-z0-9_]*
bool isIdentifier(std::string_view text);
// Identifiers joined by dots; `parts` at least.
bool isDottedName(std::string_view text, std::size_t parts);

// The member `key` of what lies at `path`: ".key" or "[key]" where the key is no name.
std::string memberPath(std::string_view path, std::string_view key);
std::string itemPath(std::string_view path, std::size_t index);

}  // namespace faasbatch::workflow
