// A Loop whose time passes faster than the one below it, so that tests with real sockets need not wait out
// backoffs and leases.
#pragma once

#include <utility>

#include "lib/base/loop.h"
#include "lib/testing/namespace.h"

namespace faasbatch::testing {

// A minute of its clock takes a minute / `factor`. Time limits that a socket layer takes from it become that
// much longer in turn: they are measured in the true time.
class FastLoop final : public base::Loop {
 public:
  FastLoop(base::Loop& below, int factor) : below_(below), clock_(below, factor) {}

  void post(std::move_only_function<void()> task) override { below_.post(std::move(task)); }
  base::TimerId at(base::Instant when, std::move_only_function<void()> task) override {
    if (when == base::Instant::never()) return below_.at(when, std::move(task));
    return below_.at(below_.now() + (when - now()) / clock_.factor, std::move(task));
  }
  void cancel(base::TimerId timer) override { below_.cancel(timer); }
  const base::Clock& clock() const override { return clock_; }

 private:
  struct FastClock final : base::Clock {
    FastClock(base::Loop& loop, int times) : below(loop), factor(times), begin(loop.now()) {}
    base::Instant now() const override { return begin + (below.now() - begin) * factor; }
    base::Loop& below;
    int factor;
    base::Instant begin;
  };

  base::Loop& below_;
  FastClock clock_;
};

}  // namespace faasbatch::testing
