#include "lib/base/mailbox.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "lib/base/fake_loop.h"

namespace faasbatch::base {
namespace {

TEST(Mailbox, RunsWhatIsSentInOrderOnTheLoop) {
  FakeLoop loop;
  const Mailbox mailbox(loop);
  std::vector<int> seen;
  std::thread([send = mailbox.sender(), &seen] {
    send([&seen] { seen.push_back(1); });
    send([&seen] { seen.push_back(2); });
  }).join();
  EXPECT_TRUE(seen.empty());
  loop.runReady();
  EXPECT_EQ(seen, (std::vector{1, 2}));
}

TEST(Mailbox, DropsWhatComesAfterItsEnd) {
  FakeLoop loop;
  auto mailbox = std::make_unique<Mailbox>(loop);
  const Mailbox::Sender send = mailbox->sender();
  bool ran = false;
  send([&ran] { ran = true; });
  mailbox.reset();
  send([&ran] { ran = true; });
  loop.runReady();
  EXPECT_FALSE(ran);
}

}  // namespace
}  // namespace faasbatch::base
