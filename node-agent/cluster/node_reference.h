// The Node object of this node, as the owner of what is made for all of it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "lib/base/loop.h"
#include "lib/base/mailbox.h"
#include "lib/kube/client_thread.h"
#include "lib/kube/object.h"

namespace faasbatch::clusterview {

// Loop thread only. Asks until the API server has answered, and then never again: with another Node of its
// name the agent would be another one too.
class NodeReference {
 public:
  NodeReference(base::Loop& loop, kube::ClientThread& thread, std::string node);
  ~NodeReference() { loop_.cancel(timer_); }
  NodeReference(const NodeReference&) = delete;
  NodeReference& operator=(const NodeReference&) = delete;

  const std::optional<kube::ObjectReference>& get() const { return reference_; }

 private:
  void ask();
  void onAnswer(const kube::Result<kube::Object>& node);

  base::Loop& loop_;
  kube::ClientThread& thread_;
  const std::string node_;
  const base::Mailbox mailbox_;
  std::optional<kube::ObjectReference> reference_;
  base::TimerId timer_ = 0;
};

}  // namespace faasbatch::clusterview
