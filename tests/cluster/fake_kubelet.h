// A node of a cluster that is not there: starts faasbatch-runtime where a kubelet would start a container,
// and says of pods what a kubelet says.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lib/kube/client_thread.h"
#include "lib/kube/informer.h"
#include "lib/testing/child_process.h"

namespace faasbatch::testing {

// Pods are processes on loopback addresses of their own (127.0.0.0/8), so that all have one port as in a
// cluster. Every method may be called from any thread.
class FakeKubelet {
 public:
  // What a new pod meets.
  enum class Mood {
    kWell,
    kSilent,     // stays Pending, without a word
    kNoImage,    // its image cannot be pulled
    kNoRoom,     // the node does not take it
    kUnhealthy,  // runs, and nothing listens in it
  };

  FakeKubelet(const kube::ClientThread::MakeAccess& access, std::string node);
  ~FakeKubelet();
  FakeKubelet(const FakeKubelet&) = delete;
  FakeKubelet& operator=(const FakeKubelet&) = delete;

  void setMood(Mood mood);
  std::vector<std::string> running();  // names of the pods whose process runs
  std::size_t started();               // processes so far
  std::string lastManifest();          // of the pod that was seen last, as JSON
  // The node kills the pod's process, and says that it ran out of memory.
  void killForMemory(const std::string& pod);
  // The node ends the pod to have its memory, as under pressure.
  void evict(const std::string& pod);

 private:
  struct Pod {
    kube::ObjectKey key;
    std::string address;
    std::unique_ptr<ChildProcess> process;
    std::string endReason = "Error";
    bool deleting = false;
    bool told = false;  // that it has ended
  };

  void onPod(const kube::Object& object);
  void start(Pod& pod, const kube::Object& object);
  void look();
  void say(const Pod& pod, const std::string& status);
  void forget(const Pod& pod);

  const std::string node_;
  std::unique_ptr<kube::ClientThread> thread_;
  // The thread's:
  kube::Client* client_ = nullptr;
  Mood mood_ = Mood::kWell;
  std::map<std::string, Pod> pods_;
  std::size_t started_ = 0;
  std::string manifest_;
  std::unique_ptr<kube::Informer> informer_;
};

}  // namespace faasbatch::testing
