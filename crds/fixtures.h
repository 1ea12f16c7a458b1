// The manifests below crds/fixtures, for tests.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace faasbatch::crds::testing {

// A bad one says in its first lines what must be said of it:
//   # message: part of what the compiler says, and the API server too
//   # server: part of what the API server says, where that is another one
//   # the schema accepts it
struct Fixture {
  std::string name;
  std::string yaml;
  std::string message;
  std::string server;
  bool schemaAccepts = false;
};

inline std::string readFile(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline std::string lineAfter(std::string_view text, std::string_view mark) {
  const auto begin = text.find(mark);
  if (begin == std::string_view::npos) return {};
  text.remove_prefix(begin + mark.size());
  return std::string(text.substr(0, text.find('\n')));
}

// `kind` is "good" or "bad"; by name.
inline std::vector<Fixture> fixtures(std::string_view kind) {
  std::vector<Fixture> all;
  const std::filesystem::path folder =
      std::filesystem::path(FAASBATCH_SOURCE_DIR) / "crds" / "fixtures" / kind;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    Fixture fixture{.name = entry.path().stem().string(), .yaml = readFile(entry.path())};
    fixture.message = lineAfter(fixture.yaml, "# message: ");
    fixture.server = lineAfter(fixture.yaml, "# server: ");
    fixture.schemaAccepts = fixture.yaml.contains("# the schema accepts it\n");
    if (fixture.server.empty()) fixture.server = fixture.message;
    all.push_back(std::move(fixture));
  }
  std::ranges::sort(all, {}, &Fixture::name);
  return all;
}

}  // namespace faasbatch::crds::testing
