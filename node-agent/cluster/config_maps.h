// Code of functions that lies in ConfigMaps.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/loop.h"
#include "lib/kube/client_thread.h"
#include "lib/workflow/function.h"

namespace faasbatch::clusterview {

inline constexpr std::size_t kMaxConfigMapBytes = 32 << 20;  // of the texts that are kept, the ones used last

// Loop thread only. Texts are kept by their SHA-256, so that a function whose pods come and go does not need
// the API server; calls that need the same one at once wait for one request.
class ConfigMaps {
 public:
  using Text = std::shared_ptr<const std::string>;
  using Done = std::move_only_function<void(base::Result<Text>)>;
  // Asks for one ConfigMap; the text of the key, nothing where it has none.
  using Read = std::function<void(const std::string& nameSpace, const workflow::Source& source, Done done)>;

  explicit ConfigMaps(Read read) : read_(std::move(read)) {}
  ~ConfigMaps() { *alive_ = false; }

  // The text that `source` (a ConfigMap's, with the SHA-256 that was placed) names, from inside the call
  // where it is kept. Kind "LoadFailed": it is another one by now, or not there; "ClusterUnavailable".
  void get(const std::string& nameSpace, const workflow::Source& source, Done done);

  std::size_t bytes() const { return bytes_; }

 private:
  void onRead(const std::string& sha256, const std::string& what, base::Result<Text> text);
  void keep(const std::string& sha256, const Text& text);

  struct Kept {
    Text text;
    std::list<std::string>::iterator use;
  };

  Read read_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::map<std::string, Kept> kept_;  // by SHA-256
  std::list<std::string> uses_;       // the last one first
  std::size_t bytes_ = 0;
  std::map<std::string, std::vector<Done>> waiting_;
};

// Reads by way of the API server.
ConfigMaps::Read readFromApi(base::Loop& loop, kube::ClientThread& thread);

}  // namespace faasbatch::clusterview
