#include "node-agent/pods/process/spawner.h"

#include <gtest/gtest.h>

#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include "lib/net/loop.h"

namespace faasbatch::pods {
namespace {

Program shell(const char* text) { return {.path = "/bin/sh", .arguments = {"-c", text}, .environment = {}}; }

TEST(Spawner, TellsOfEachProgramInOrderOnTheLoop) {
  const auto loop = net::EventLoop::make();
  Spawner spawner(*loop);
  std::vector<std::string> ends;
  bool inside = true;
  const auto note = [&](base::Result<Child> child) {
    EXPECT_FALSE(inside);
    ends.push_back(child ? reap(*child) : child.error().kind);
    if (ends.size() == 3) loop->stop();
  };
  spawner.start({.path = "/no/such/program", .arguments = {}, .environment = {}}, note);
  spawner.start(shell("kill -9 $$"), note);
  spawner.start({.path = "/no/other/program", .arguments = {}, .environment = {}}, note);
  inside = false;
  loop->run();
  EXPECT_EQ(ends, (std::vector<std::string>{"NoCapacity", "signal 9 (Killed)", "NoCapacity"}));
}

TEST(Spawner, EndsWhatNobodyHasBeenToldOf) {
  const auto loop = net::EventLoop::make();
  auto spawner = std::make_unique<Spawner>(*loop);
  std::vector<Child> told;
  for (int i = 0; i < 20; ++i) {
    spawner->start(shell("sleep 60"), [&](base::Result<Child> child) {
      ASSERT_TRUE(child);
      told.push_back(*child);
      loop->stop();
    });
  }
  loop->run();
  ASSERT_FALSE(told.empty());
  spawner.reset();
  const std::size_t known = told.size();
  loop->post([&] { loop->stop(); });
  loop->run();
  EXPECT_EQ(told.size(), known) << "nobody is told after its end";
  for (const Child& child : told) {
    EXPECT_TRUE(isSpawned(child.pid)) << "a child that was handed over is its owner's";
    reap(child);
  }
  EXPECT_EQ(spawnedCount(), 0U) << "the others are gone";
}

}  // namespace
}  // namespace faasbatch::pods
