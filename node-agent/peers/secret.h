// The secret that agents and operator show one another.
#pragma once

#include <string>
#include <string_view>

namespace faasbatch::peers {

// Compares in a time that does not depend on where they differ.
bool sameSecret(std::string_view shown, std::string_view secret);

// The value of Authorization.
inline std::string bearer(std::string_view secret) { return "Bearer " + std::string(secret); }

// Whether the header shows the secret. An empty secret is shown by nobody.
bool showsSecret(std::string_view authorization, std::string_view secret);

}  // namespace faasbatch::peers
