// An archive that is being unpacked, by a process of its own.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>

#include "lib/base/error.h"
#include "lib/base/time.h"
#include "lib/net/loop.h"
#include "runtime/supervisor/channel.h"
#include "runtime/supervisor/reaper.h"

namespace faasbatch::supervisor {

inline constexpr const char* kUnpackProgram = "faasbatch-unpack";  // in libexec

// Loop thread only. Destroying it ends the process without a word.
class Unpacking {
 public:
  struct Context {
    net::EventLoop& loop;
    Reaper& reaper;
    protocol::FrameReceiver& receiver;
  };
  using Done = std::move_only_function<void(base::Result<void>)>;

  // `archive`: a zip in base64. `done` is called once, in a later turn: kind "LoadFailed" with what is wrong
  // with the archive, or that it took longer than `atMost`. The process has ended then.
  static std::unique_ptr<Unpacking> start(const Context& context, const std::string& program,
                                          const std::string& directory,
                                          std::shared_ptr<const std::string> archive, base::Duration atMost,
                                          Done done);
  ~Unpacking();
  Unpacking(const Unpacking&) = delete;
  Unpacking& operator=(const Unpacking&) = delete;

 private:
  Unpacking(const Context& context, Done done) : context_(context), done_(std::move(done)) {}
  void onFrame(const protocol::InFrame& frame);
  void onExit(const std::string& how);

  Context context_;
  Done done_;
  pid_t pid_ = 0;
  std::unique_ptr<Channel> channel_;
  base::TimerId timer_ = 0;
  base::Result<void> result_;
  bool answered_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace faasbatch::supervisor
