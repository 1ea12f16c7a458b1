// One cluster, user or context of a kubeconfig, read field by field: the first wrong field ends it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/kube/kubeconfig.h"

namespace faasbatch::kube {

class KubeconfigSection {
 public:
  // `what` such as "user"; keeps a reference to the entry.
  KubeconfigSection(std::string_view what, const Kubeconfig::Entry& entry);

  std::string text(std::string_view key);
  bool flag(std::string_view key);
  std::string path(std::string_view key);  // a file, relative to the kubeconfig
  PemSource pem(const std::string& key);   // KEY or KEY-data
  const tree::Tree* map(std::string_view key);
  std::vector<std::string> texts(const tree::Tree& map, std::string_view key);
  std::string textOf(const tree::Tree& map, std::string_view key);
  // The field, if there, is one that we do not do.
  void refuse(std::string_view key, std::string_view instead);
  void fail(std::string_view key, std::string_view why);

  std::string besideFile(const std::string& path) const;
  const std::string& origin() const { return origin_; }
  const std::string& fault() const { return fault_; }

 private:
  const tree::Tree* find(const tree::Tree& map, std::string_view key) const;

  const Kubeconfig::Entry& entry_;
  std::string origin_;
  std::string fault_;
};

}  // namespace faasbatch::kube
