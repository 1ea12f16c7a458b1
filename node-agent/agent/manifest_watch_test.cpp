#include "node-agent/agent/manifest_watch.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "lib/testing/temp_dir.h"

namespace faasbatch::agent {
namespace {

void write(const std::string& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

TEST(ManifestWatch, SeesEditsAndReplacements) {
  const testing::TempDir folder;
  const std::string file = folder.file("w.yaml");
  write(file, "one");
  const auto loop = net::EventLoop::make();
  std::vector<std::string> seen;
  auto watch = ManifestWatch::make(*loop, {file}, [&](const std::string& changed, std::string text) {
    EXPECT_EQ(changed, file);
    seen.push_back(std::move(text));
    if (seen.size() == 2) {  // an editor that writes beside and renames
      write(file + ".new", "three");
      std::filesystem::rename(file + ".new", file);
    }
    if (seen.size() == 3) loop->stop();
  });
  ASSERT_TRUE(watch) << watch.error().message;
  EXPECT_EQ(seen, (std::vector<std::string>{"one"}));
  loop->post([&] { write(file, "two"); });
  loop->at(loop->now() + std::chrono::seconds(20), [&] { loop->stop(); });
  loop->run();
  EXPECT_EQ(seen, (std::vector<std::string>{"one", "two", "three"}));
}

TEST(ManifestWatch, NamesAFileItCannotRead) {
  const auto loop = net::EventLoop::make();
  const auto watch =
      ManifestWatch::make(*loop, {"/nosuch/w.yaml"}, [](const std::string&, const std::string&) {});
  ASSERT_FALSE(watch);
  EXPECT_NE(watch.error().message.find("/nosuch/w.yaml"), std::string::npos);
}

}  // namespace
}  // namespace faasbatch::agent
