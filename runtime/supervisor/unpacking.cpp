#include "runtime/supervisor/unpacking.h"

#include <csignal>
#include <utility>

#include "runtime/protocol/heads.h"
#include "runtime/supervisor/lines.h"
#include "runtime/supervisor/spawn.h"

namespace faasbatch::supervisor {

using protocol::FrameType;

std::unique_ptr<Unpacking> Unpacking::start(const Context& context, const std::string& program,
                                            const std::string& directory,
                                            std::shared_ptr<const std::string> archive, base::Duration atMost,
                                            Done done) {
  std::unique_ptr<Unpacking> made(new Unpacking(context, std::move(done)));
  Unpacking* const self = made.get();
  const std::weak_ptr alive(made->alive_);
  auto spawned = spawn({program, directory}, {});
  if (!spawned) {
    context.loop.post([self, alive, why = spawned.error().message] {
      if (!alive.expired()) self->onExit("could not be started: " + why);
    });
    return made;
  }
  made->pid_ = spawned->pid;
  context.reaper.expect(spawned->pid, [self, alive](int status) {
    if (!alive.expired()) self->onExit(describeExit(status));
  });
  made->channel_ = std::make_unique<Channel>(
      context.loop, context.receiver, std::move(spawned->socket),
      Channel::Events{nullptr, [self](const protocol::InFrame& frame) { self->onFrame(frame); }, [] {},
                      [](const std::string&) {}});  // its end says what became of it
  const std::string_view bytes = *archive;
  made->channel_->send({FrameType::kLoad, 0, "{}", bytes, std::move(archive), {}});
  made->channel_->flush();
  made->timer_ = context.loop.after(atMost, [self, atMost] {
    self->answered_ = true;
    self->result_ = base::fail("LoadFailed", "the archive was not unpacked within " + millisText(atMost));
    ::kill(self->pid_, SIGKILL);
  });
  return made;
}

Unpacking::~Unpacking() {
  context_.loop.cancel(timer_);
  if (pid_ > 0) ::kill(pid_, SIGKILL);
}

void Unpacking::onFrame(const protocol::InFrame& frame) {
  if (frame.view.type != FrameType::kLoaded || std::exchange(answered_, true)) return;
  if (const auto error = protocol::headError(frame.view.head))
    result_ = base::fail("LoadFailed", error->message);
}

void Unpacking::onExit(const std::string& how) {
  pid_ = 0;
  context_.loop.cancel(timer_);
  if (channel_ && !channel_->closed()) channel_->drain();
  if (!answered_) result_ = base::fail("LoadFailed", "the process that unpacks the archive " + how);
  // The owner may destroy this.
  context_.loop.post([this, alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) std::exchange(done_, nullptr)(std::move(result_));
  });
}

}  // namespace faasbatch::supervisor
