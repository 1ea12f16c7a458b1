// Agents that serve whatever is placed on them as soon as the API server says so.
#pragma once

#include <memory>
#include <vector>

#include "lib/kube/client_thread.h"
#include "lib/kube/informer.h"
#include "operator/testing/fake_agent.h"

namespace faasbatch::operators::testing {

class ServingAgents {
 public:
  // The agents must outlive it.
  ServingAgents(kube::ClientThread::MakeAccess access, std::vector<FakeAgent*> agents);
  ~ServingAgents();
  ServingAgents(const ServingAgents&) = delete;
  ServingAgents& operator=(const ServingAgents&) = delete;

 private:
  void serve(const kube::Object& workflow) const;

  std::vector<FakeAgent*> agents_;
  std::unique_ptr<kube::ClientThread> thread_;
  std::unique_ptr<kube::Informer> workflows_;  // on the thread
};

// An address of this machine that other machines could know it by, as EndpointSlices need one: IPv4, of an
// interface that is up. Empty where there is none.
std::string ownAddress();

}  // namespace faasbatch::operators::testing
