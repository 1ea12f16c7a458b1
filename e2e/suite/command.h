// Programs that a user would type: kubectl, helm, and those of e2e/cluster.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/time.h"

namespace faasbatch::e2e {

struct Outcome {
  int exitCode = -1;
  std::string output;
  std::string errors;  // the end of stderr
  bool ok() const { return exitCode == 0; }
};

inline constexpr base::Duration kCommandTime = std::chrono::minutes(4);

// Waits for its end. Throws where it cannot be started or takes too long.
Outcome run(std::vector<std::string> argv, base::Duration time = kCommandTime);

// The output of one that must succeed; throws with its errors otherwise.
std::string must(std::vector<std::string> argv, base::Duration time = kCommandTime);

// A file with that text, which goes with this object.
class TextFile {
 public:
  explicit TextFile(std::string_view text, std::string_view suffix = ".yaml");
  ~TextFile();
  TextFile(const TextFile&) = delete;
  TextFile& operator=(const TextFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace faasbatch::e2e
