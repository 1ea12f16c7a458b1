#include "lib/net/loop.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "lib/net/loop_thread.h"

namespace faasbatch::net {
namespace {

using namespace std::chrono_literals;

TEST(Loop, RunsWhatIsPostedInOrderAndFromAnyThread) {
  const auto loop = EventLoop::make();
  std::string order;
  loop->post([&] {
    order += 'a';
    loop->post([&] { order += 'c'; });
  });
  std::thread([&] { loop->post([&] { order += 'b'; }); }).join();
  loop->after(1ms, [&] { loop->stop(); });
  loop->run();
  EXPECT_EQ(order, "abc");
}

TEST(Loop, RunsAgainAfterAStop) {
  const auto loop = EventLoop::make();
  loop->stop();
  loop->run();  // ends at once
  bool ran = false;
  loop->post([&] {
    ran = true;
    loop->stop();
  });
  loop->run();
  EXPECT_TRUE(ran);
}

TEST(Loop, FiresTimersInOrderAndNotBeforeTheirTime) {
  const auto loop = EventLoop::make();
  std::string order;
  const base::Instant start = loop->now();
  loop->at(start + 20ms, [&] {
    EXPECT_GE(loop->now(), start + 20ms);
    order += 'c';
    loop->stop();
  });
  loop->at(start + 10ms, [&] { order += 'b'; });
  const auto cancelled = loop->at(start + 5ms, [&] { order += 'x'; });
  loop->at({0}, [&] { order += 'a'; });
  loop->at(base::Instant::never(), [&] { order += 'y'; });
  loop->cancel(cancelled);
  loop->cancel(0);
  loop->run();
  EXPECT_EQ(order, "abc");
}

TEST(Loop, SetsAnEarlierTimerFromWithinATimer) {
  const auto loop = EventLoop::make();
  int left = 5;
  std::function<void()> again = [&] {
    if (--left == 0) return loop->stop();
    loop->after(1ms, again);
  };
  loop->after(1h, [] { FAIL(); });
  loop->after(0ms, again);
  loop->run();
  EXPECT_EQ(left, 0);
}

TEST(Loop, ATimerForThePastDoesNotStarveTheRest) {
  const auto loop = EventLoop::make();
  bool done = false;
  std::function<void()> forever = [&] {
    if (!done) loop->at({0}, forever);
  };
  forever();
  loop->post([&] {
    loop->post([&] {
      loop->post([&] {
        done = true;
        loop->stop();
      });
    });
  });
  loop->run();
  EXPECT_TRUE(done);
}

TEST(Loop, EndOfTurnComesAfterWhatIsReady) {
  const auto loop = EventLoop::make();
  std::string order;
  loop->post([&] {
    order += '1';
    loop->atEndOfTurn([&] {
      order += 'e';
      loop->stop();
    });
  });
  loop->post([&] { order += '2'; });
  loop->post([&] { order += '3'; });
  loop->run();
  EXPECT_EQ(order, "123e");
}

TEST(Loop, TakesSignals) {
  const auto loop = EventLoop::make();
  int taken = 0;
  loop->onSignals({SIGUSR1, SIGUSR2}, [&](int signal) {
    EXPECT_EQ(signal, taken == 0 ? SIGUSR1 : SIGUSR2);
    if (++taken == 2) return loop->stop();
    std::raise(SIGUSR2);
  });
  loop->post([] { std::raise(SIGUSR1); });
  loop->run();
  EXPECT_EQ(taken, 2);
}

class FdWatchTest : public testing::Test {
 protected:
  FdWatchTest() { EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds_), 0); }
  ~FdWatchTest() override {
    ::close(fds_[0]);
    ::close(fds_[1]);
  }

  void write(std::string_view bytes) {
    EXPECT_EQ(::write(fds_[1], bytes.data(), bytes.size()), std::ssize(bytes));
  }
  std::string read(std::size_t most = 100) {
    std::string bytes(most, '\0');
    const ssize_t got = ::read(fds_[0], bytes.data(), most);
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return bytes;
  }

  std::unique_ptr<EventLoop> loop_ = EventLoop::make();
  int fds_[2] = {-1, -1};
};

TEST_F(FdWatchTest, TellsAgainUntilAllIsRead) {
  const auto watch = FdWatch::make(*loop_, fds_[0]);
  std::string got;
  watch->onReadable([&] {
    got += read(1);  // what is left makes it readable still
    if (got == "abc") write("d");
    if (got == "abcd") loop_->stop();
  });
  write("abc");
  loop_->run();
  EXPECT_EQ(got, "abcd");
}

TEST_F(FdWatchTest, TellsOfTheEnd) {
  const auto watch = FdWatch::make(*loop_, fds_[0]);
  ::shutdown(fds_[1], SHUT_WR);
  watch->onReadable([&] {
    EXPECT_EQ(read(), "");
    watch->onReadable(nullptr);
    loop_->stop();
  });
  loop_->run();
}

TEST_F(FdWatchTest, IsSilentWhenToldToBe) {
  auto watch = FdWatch::make(*loop_, fds_[0]);
  int calls = 0;
  watch->onReadable([&] {
    ++calls;
    watch->onReadable(nullptr);  // replaces the handler that runs
  });
  write("a");
  loop_->after(5ms, [&] { loop_->stop(); });
  loop_->run();
  EXPECT_EQ(calls, 1);

  watch->onReadable([&] {
    ++calls;
    watch = nullptr;  // destroys the watch from its own handler
    loop_->stop();
  });
  loop_->run();
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(read(), "a");  // the descriptor is open still
}

TEST_F(FdWatchTest, WaitsForRoomToWrite) {
  const auto watch = FdWatch::make(*loop_, fds_[1]);
  const std::string block(64 * 1024, 'x');
  while (::write(fds_[1], block.data(), block.size()) > 0) {
  }
  bool writable = false;
  watch->onceWritable([&] {
    writable = true;
    loop_->stop();
  });
  loop_->post([&] {
    EXPECT_FALSE(writable);
    while (!read(block.size()).empty()) {
    }
  });
  loop_->run();
  EXPECT_TRUE(writable);
}

}  // namespace
}  // namespace faasbatch::net
