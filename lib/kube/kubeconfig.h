// A kubeconfig as text, and what it says of one context. Pure: the files it names are not read.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/base/error.h"
#include "lib/kube/exec_plugin.h"
#include "lib/tree/tree.h"

namespace faasbatch::kube {

struct KubeconfigFile {
  std::string path;
  std::string text;
};

// A PEM text, given at once or as a file.
struct PemSource {
  std::string data;  // decoded
  std::string file;  // absolute, or relative to where the program runs where the kubeconfig's own path is
  bool given() const { return !data.empty() || !file.empty(); }
};

struct KubeconfigContext {
  std::string name;
  std::string origin;  // "FILE: user "NAME"", for messages about the user's files
  std::string nameSpace;

  std::string server;
  PemSource ca;
  std::string tlsServerName;
  bool insecureSkipVerify = false;

  std::string token;
  std::string tokenFile;
  PemSource certificate;
  PemSource key;
  std::optional<ExecPlugin> exec;
  bool provideClusterInfo = false;  // to the plugin
};

// The clusters, users and contexts of several files, the first of each name counting (as client-go merges).
class Kubeconfig {
 public:
  // Kind "InvalidKubeconfig" with the file's path.
  static base::Result<Kubeconfig> parse(const std::vector<KubeconfigFile>& files);

  // `name` empty: the current context. Kind "InvalidKubeconfig" with file, field and what to do.
  base::Result<KubeconfigContext> context(const std::string& name) const;

  struct Entry {
    std::string name;
    std::string path;  // of its file
    tree::Tree value;
  };

 private:
  base::Result<void> add(const KubeconfigFile& file);

  std::string currentContext_;
  std::vector<Entry> clusters_;
  std::vector<Entry> users_;
  std::vector<Entry> contexts_;
};

}  // namespace faasbatch::kube
