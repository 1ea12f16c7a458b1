// Which bodies are taken, by their Content-Type and Content-Encoding.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/net/http.h"

namespace faasbatch::gateway {

// Of a Content-Type, with any parameters: names of media types have no case. curl -d and clients that name no
// type mean JSON as well: the body is checked, whatever it is called.
bool isJsonMedia(std::string_view contentType);
bool isManifestMedia(std::string_view contentType);

// 415 for a body that is compressed; nothing where it is not.
std::optional<net::Response> refusedEncoding(const net::Headers& headers);

// 415 that says in `header` what is taken (RFC 9110, section 15.5.16).
net::Response unsupportedMedia(std::string header, std::string taken, const std::string& detail);

}  // namespace faasbatch::gateway
