#include "lib/base/background.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace faasbatch::base {
namespace {

TEST(Background, RunsTasksInOrderOnAThreadOfItsOwn) {
  std::vector<int> ran;
  std::promise<std::thread::id> last;
  Background background;
  for (int i = 0; i < 100; ++i) background.run([&ran, i] { ran.push_back(i); });
  background.run([&] { last.set_value(std::this_thread::get_id()); });
  EXPECT_NE(last.get_future().get(), std::this_thread::get_id());
  ASSERT_EQ(ran.size(), 100U);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(ran[i], i);
}

TEST(Background, WaitsAtItsEndForTheOneThatRunsAndLetsGoOfTheOthers) {
  std::promise<void> begun;
  std::promise<void> go;
  bool ended = false;
  const auto held = std::make_shared<int>(1);
  std::optional<Background> background(std::in_place);
  background->run([&] {
    begun.set_value();
    go.get_future().wait();
    ended = true;
  });
  for (int i = 0; i < 100; ++i) background->run([held] {});
  begun.get_future().wait();
  go.set_value();
  background.reset();
  EXPECT_TRUE(ended);
  EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace faasbatch::base
