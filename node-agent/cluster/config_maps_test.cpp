#include "node-agent/cluster/config_maps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/crypto/digest.h"

namespace faasbatch::clusterview {
namespace {

using ::testing::HasSubstr;

class Code : public ::testing::Test {
 protected:
  static workflow::Source source(const std::string& text, std::string key = "a.py") {
    return {.kind = workflow::Source::Kind::kConfigMap,
            .text = "code",
            .key = std::move(key),
            .sha256 = crypto::sha256Hex(text)};
  }
  // What came of a get(), as text.
  std::shared_ptr<std::string> get(const workflow::Source& of) {
    auto seen = std::make_shared<std::string>("nothing yet");
    maps.get("shop", of, [seen](const base::Result<ConfigMaps::Text>& text) {
      *seen = text ? **text : text.error().kind + ": " + text.error().message;
    });
    return seen;
  }
  void answer(const base::Result<ConfigMaps::Text>& text) {
    for (auto& done : std::exchange(asked, {})) done(text);
  }
  static ConfigMaps::Text text(std::string content) {
    return std::make_shared<const std::string>(std::move(content));
  }

  std::vector<ConfigMaps::Done> asked;
  ConfigMaps maps{[this](const std::string& nameSpace, const workflow::Source&, ConfigMaps::Done done) {
    EXPECT_EQ(nameSpace, "shop");
    asked.push_back(std::move(done));
  }};
};

TEST_F(Code, IsAskedForOnceAndKept) {
  const auto first = get(source("x = 1"));
  const auto second = get(source("x = 1", "copy.py"));
  EXPECT_EQ(asked.size(), 1U);
  answer(text("x = 1"));
  EXPECT_EQ(*first, "x = 1");
  EXPECT_EQ(*second, "x = 1");
  EXPECT_EQ(*get(source("x = 1")), "x = 1");
  EXPECT_TRUE(asked.empty());
}

TEST_F(Code, ThatIsNotWhatWasPlacedIsRefused) {
  auto seen = get(source("x = 1"));
  answer(text("x = 2"));
  EXPECT_THAT(*seen, HasSubstr("LoadFailed: key \"a.py\" of ConfigMap shop/code was changed"));
  seen = get(source("x = 1"));
  answer(ConfigMaps::Text());
  EXPECT_THAT(*seen, HasSubstr("is not there any more"));
  seen = get(source("x = 1"));
  answer(base::fail("ClusterUnavailable", "gone"));
  EXPECT_EQ(*seen, "ClusterUnavailable: gone");
  workflow::Source unknown = source("x");
  unknown.sha256.clear();
  EXPECT_THAT(*get(unknown), HasSubstr("LoadFailed"));
  EXPECT_TRUE(asked.empty());
}

TEST_F(Code, IsKeptWithinItsBound) {
  const std::string large(kMaxConfigMapBytes / 3, 'x');
  for (int i = 0; i < 5; ++i) {
    get(source(large + std::to_string(i)));
    answer(text(large + std::to_string(i)));
    EXPECT_LE(maps.bytes(), kMaxConfigMapBytes);
    EXPECT_EQ(*get(source(large + "0")), i == 0 ? large + "0" : *get(source(large + "0")));
  }
  EXPECT_TRUE(asked.empty()) << "the one that is used stays";
  get(source(large + "1"));
  EXPECT_EQ(asked.size(), 1U) << "the one unused for longest went";
}

}  // namespace
}  // namespace faasbatch::clusterview
