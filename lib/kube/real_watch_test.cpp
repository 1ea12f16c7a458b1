// Keeping up with a real API server that is restarted now and then.
#include <map>
#include <random>

#include "lib/json/path.h"
#include "lib/kube/informer.h"
#include "lib/kube/real_api_test.h"

namespace faasbatch::kube {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

class RealWatchTest : public RealApiTest {
 protected:
  void SetUp() override {
    RealApiTest::SetUp();
    if (!IsSkipped()) nameSpace_ = makeNamespace();
  }
  ~RealWatchTest() override { informer_ = nullptr; }

  // Keeps what it is told in mirror_.
  void start(InformerOptions options) {
    informer_ = Informer::start(
        *loop_, *client_, std::move(options),
        {.onAdded =
             [this](const Object& o) { EXPECT_TRUE(mirror_.emplace(o.key.name, o).second) << o.key.name; },
         .onUpdated =
             [this](const Object& before, const Object& o) {
               EXPECT_EQ(mirror_.at(o.key.name).resourceVersion, before.resourceVersion);
               mirror_[o.key.name] = o;
             },
         .onDeleted = [this](const Object& o) { EXPECT_EQ(mirror_.erase(o.key.name), 1U) << o.key.name; },
         .onSynced = [this] { synced_ = true; }});
  }
  InformerOptions ofConfigMaps() const {
    return {.resource = kConfigMaps, .selection = {.nameSpace = nameSpace_}, .pageSize = 5};
  }
  std::string value(const std::string& name) const {
    const auto found = mirror_.find(name);
    return found == mirror_.end() ? "none"
                                  : std::string(json::at(found->second.json, {"data", "value"}).value_or(""));
  }
  void put(const std::string& name, const std::string& text) {
    const auto written = patch(kConfigMaps, {nameSpace_, name}, PatchType::kApply, configMap(name, text),
                               {.fieldManager = "test", .force = true});
    EXPECT_TRUE(written) << written.error().message;
  }

  std::string nameSpace_;
  std::unique_ptr<Informer> informer_;
  std::map<std::string, Object> mirror_;
  bool synced_ = false;
};

TEST_F(RealWatchTest, AnInformerKnowsWhatThereIsAndWhatHappens) {
  for (int i = 0; i < 12; ++i) put("c" + std::to_string(i), "old");
  start(ofConfigMaps());
  ASSERT_TRUE(until([&] { return synced_; }));
  EXPECT_EQ(mirror_.size(), 12U);
  EXPECT_THAT(mirror_.at("c0").json, Not(HasSubstr("managedFields")));
  put("new", "x");
  put("c3", "changed");
  ASSERT_TRUE(remove(kConfigMaps, {nameSpace_, "c4"}));
  EXPECT_TRUE(until(
      [&] { return value("new") == "\"x\"" && value("c3") == "\"changed\"" && !mirror_.contains("c4"); }));
  EXPECT_LT(informer_->staleness(), 30s);
}

TEST_F(RealWatchTest, AnInformerMayKeepMetadataOnly) {
  InformerOptions options = ofConfigMaps();
  options.selection.metadataOnly = true;
  put("a", "text-of-it");
  start(options);
  put("b", "text-of-it");
  ASSERT_TRUE(until([&] { return mirror_.size() == 2; }));
  for (const auto& [name, object] : mirror_) {
    EXPECT_THAT(object.json, Not(HasSubstr("text-of-it")));
    EXPECT_EQ(object.key, (ObjectKey{nameSpace_, name}));
  }
}

TEST_F(RealWatchTest, AnInformerOutlivesTheServersEnd) {
  put("before", "1");
  start(ofConfigMaps());
  ASSERT_TRUE(until([&] { return synced_; }));
  ASSERT_TRUE(server().restart());
  put("after", "1");
  EXPECT_TRUE(until([&] { return mirror_.size() == 2; }));
}

TEST_F(RealWatchTest, AnInformerComesToKnowEverythingInTheEnd) {
  start(ofConfigMaps());
  std::mt19937 random(5);
  std::map<std::string, std::string> there;
  for (int round = 0; round < 120; ++round) {
    const std::string name = "c" + std::to_string(random() % 8);
    if (there.contains(name) && random() % 3 == 0) {
      EXPECT_TRUE(remove(kConfigMaps, {nameSpace_, name}));
      there.erase(name);
    } else {
      put(name, std::to_string(round));
      there[name] = "\"" + std::to_string(round) + "\"";
    }
    if (round % 50 == 49 && !server().restart()) FAIL() << server().output();
    if (random() % 8 == 0) pass(std::chrono::milliseconds(random() % 50));
  }
  EXPECT_TRUE(until([&] {
    if (mirror_.size() != there.size()) return false;
    return std::ranges::all_of(there, [&](const auto& entry) { return value(entry.first) == entry.second; });
  }));
}

class RealWatchFormsTest : public RealWatchTest {
 protected:
  // How a watch from `version` ends: by an error event, or as a whole.
  ApiError endOf(const std::string& version) {
    std::optional<ApiError> error;
    bool over = false;
    const auto id = client_->watch(kConfigMaps, {.nameSpace = nameSpace_}, version, 1min,
                                   {.onEvent =
                                        [&](const WatchEvent& event) {
                                          if (event.type == WatchEvent::Type::kError) error = event.error;
                                        },
                                    .onEnd =
                                        [&](const Result<void>& how) {
                                          over = true;
                                          if (!how) error = how.error();
                                        }});
    EXPECT_TRUE(until([&] { return over || error.has_value(); }));
    client_->cancel(id);
    return error.value_or(ApiError{.reason = "none"});
  }
};

TEST_F(RealWatchFormsTest, AVersionThatIsGoneIsSaidSo) {
  ASSERT_TRUE(server().restart());  // its memory of what happened begins anew
  const ApiError error = endOf("1");
  EXPECT_TRUE(error.expired()) << error.reason << ": " << error.message;
  EXPECT_EQ(error.status, 410);
}

}  // namespace
}  // namespace faasbatch::kube
