#include "runtime/supervisor/binding_files.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <string_view>
#include <vector>

#include "lib/json/members.h"
#include "lib/json/write.h"

namespace faasbatch::supervisor {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// The URL in the file, or what is wrong with the file.
base::Result<std::string> readUrl(const std::string& file) {
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    return base::fail("LoadFailed", std::string(std::strerror(errno)) +
                                        "; is its Secret there, and does it have a key \"url\"?");
  }
  std::string text(kMaxUrlBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > kMaxUrlBytes) return base::fail("LoadFailed", "it is longer than a URL may be");
  const std::string_view url = trimmed(text);
  if (url.empty()) return base::fail("LoadFailed", "it is empty");
  return std::string(url);
}

base::Result<std::string> withUrl(std::string_view binding) {
  const auto members = json::members(binding);
  const auto raw = members ? json::find(*members, "urlFile") : std::nullopt;
  if (!raw) return std::string(binding);
  const std::string file = json::asString(*raw).value_or("");
  const base::Result<std::string> url = readUrl(file);
  if (!url) {
    const std::string name = json::asString(json::find(*members, "name").value_or("")).value_or("");
    return base::fail("LoadFailed",
                      "binding \"" + name + "\": cannot read " + file + ": " + url.error().message);
  }
  std::string out;
  json::Object object(out);
  for (const auto& [key, value] : *members) {
    if (key != "urlFile" && key != "url") object.raw(key, value);
  }
  object.text("url", *url).end();
  return out;
}

}  // namespace

base::Result<std::string> withBindingUrls(std::string body) {
  const auto members = json::members(body);
  const auto raw = members ? json::find(*members, "bindings") : std::nullopt;
  if (!raw || raw->find("urlFile") == std::string_view::npos) return body;
  const auto bindings = json::elements(*raw);
  if (!bindings) return body;
  std::string list = "[";
  for (const std::string_view binding : *bindings) {
    const base::Result<std::string> given = withUrl(binding);
    if (!given) return std::unexpected(given.error());
    if (list.size() > 1) list += ',';
    list += *given;
  }
  list += ']';
  std::string out;
  json::Object object(out);
  for (const auto& [key, value] : *members)
    object.raw(key, key == "bindings" ? std::string_view(list) : value);
  object.end();
  return out;
}

}  // namespace faasbatch::supervisor
