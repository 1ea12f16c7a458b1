#include "lib/net/loop.h"

#include <algorithm>
#include <boost/asio/post.hpp>

#include "lib/net/detail/asio_loop.h"

namespace faasbatch::net {

// One thread does all I/O, so the reactor needs no locks; the queue keeps its own, as post() comes from
// anywhere.
AsioLoop::AsioLoop()
    : context_(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO),
      work_(context_.get_executor()),
      timer_(context_.get_executor()) {}

std::unique_ptr<EventLoop> EventLoop::make() { return std::make_unique<AsioLoop>(); }

void AsioLoop::post(std::move_only_function<void()> task) { asio::post(context_, std::move(task)); }

void AsioLoop::run() {
  context_.run();
  context_.restart();
}

base::TimerId AsioLoop::at(base::Instant when, std::move_only_function<void()> task) {
  const base::TimerId id = timers_.add(when, std::move(task));
  if (when < armedFor_) arm();
  return id;
}

// Sets the one system timer for the earliest of all. A cancelled timer leaves it set: waking once for nothing
// costs less than a system call with every cancelled deadline.
void AsioLoop::arm() {
  constexpr base::Duration kLongestSleep = std::chrono::hours(1);  // "never" would overflow the clock
  const base::Instant when = *timers_.earliest();
  armedFor_ = when;
  timer_.expires_after(std::clamp(when - now(), base::Duration::zero(), kLongestSleep));
  timer_.async_wait([this](ErrorCode error) {
    if (!error) fire();
  });
}

void AsioLoop::fire() {
  const base::Instant due = now();
  armedFor_ = {INT64_MIN};  // nothing set meanwhile arms the timer by itself
  // No more than there are now: a task that sets a timer for the past waits a turn, and I/O comes between.
  for (std::size_t left = timers_.size(); left > 0; --left) {
    auto task = timers_.popDue(due);
    if (!task) break;
    (*task)();
  }
  armedFor_ = base::Instant::never();
  if (timers_.size() > 0) arm();
}

void AsioLoop::onSignals(std::initializer_list<int> signals, std::move_only_function<void(int)> handler) {
  SignalWatch& watch = signals_.emplace_back(context_.get_executor(), std::move(handler));
  for (const int signal : signals) watch.set.add(signal);
  awaitSignal(watch);
}

void AsioLoop::awaitSignal(SignalWatch& watch) {
  watch.set.async_wait([&watch](ErrorCode error, int signal) {
    if (error) return;
    watch.handler(signal);
    awaitSignal(watch);
  });
}

}  // namespace faasbatch::net
