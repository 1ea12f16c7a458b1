#include "operator/certificates/renewal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace faasbatch::certificates {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Renewal : public ::testing::Test {
 protected:
  void renew() {
    auto renewed = certificates::renew(material, names, now);
    ASSERT_TRUE(renewed) << renewed.error().message;
    last = std::move(*renewed);
    material = last.material;
  }
  // Whoever trusts `bundle` trusts what is shown now.
  bool trusted(const std::string& bundle) const {
    return crypto::checkPair(material.serving, bundle, now).has_value();
  }

  base::Instant now{1'700'000'000'000'000'000};
  std::vector<std::string> names{"faasbatch-webhook.system.svc", "faasbatch-agents.system.svc"};
  Material material;
  Renewed last;
};

TEST_F(Renewal, MakesEverythingOnceAndThenNothing) {
  renew();
  EXPECT_THAT(last.done,
              ElementsAre("certificate authority: there is none", "serving certificate: there is none"));
  EXPECT_TRUE(trusted(bundleOf(material)));
  const auto facts = crypto::readCertificate(material.serving.certificatePem);
  ASSERT_TRUE(facts);
  EXPECT_THAT(facts->dnsNames, ::testing::UnorderedElementsAreArray(names));
  const Material before = material;
  renew();
  EXPECT_THAT(last.done, IsEmpty());
  EXPECT_TRUE(material == before);
  EXPECT_GT(last.again, now + std::chrono::hours(24 * 59));
  EXPECT_LT(last.again, now + std::chrono::hours(24 * 61));
}

TEST_F(Renewal, OfTheServingCertificateIsAtTwoThirdsOfItsLife) {
  renew();
  const std::string authority = material.active.certificatePem;
  now = last.again + std::chrono::seconds(-1);
  renew();
  EXPECT_THAT(last.done, IsEmpty());
  now = last.again;
  renew();
  EXPECT_THAT(last.done, ElementsAre("serving certificate: two thirds of its life are over"));
  EXPECT_EQ(material.active.certificatePem, authority);
}

// Nobody's clock is right.
TEST_F(Renewal, IsGoodAtOnceForThoseWhoseClocksAreBehind) {
  renew();
  now = now + -kBackdated;
  EXPECT_TRUE(trusted(bundleOf(material)));
  now = now + -std::chrono::seconds(1);
  EXPECT_FALSE(trusted(bundleOf(material)));
}

TEST_F(Renewal, LeavesWhatALeaderWithAClockAheadHasMade) {
  renew();
  const Material before = material;
  now = now + -std::chrono::hours(10);
  renew();
  EXPECT_THAT(last.done, IsEmpty());
  EXPECT_TRUE(material == before);
  names.push_back("other");  // and signs with it what is needed
  renew();
  EXPECT_THAT(last.done, ElementsAre("serving certificate: it is for other names"));
  EXPECT_EQ(material.active.certificatePem, before.active.certificatePem);
  renew();
  EXPECT_THAT(last.done, IsEmpty());
}

TEST_F(Renewal, FollowsTheNames) {
  renew();
  names.push_back("other");
  renew();
  EXPECT_THAT(last.done, ElementsAre("serving certificate: it is for other names"));
}

TEST_F(Renewal, MendsWhatIsBroken) {
  renew();
  material.serving.keyPem = "x";
  renew();
  EXPECT_THAT(last.done, ElementsAre(HasSubstr("serving certificate: ")));
  material.active.keyPem.clear();
  renew();
  EXPECT_THAT(last.done,
              ElementsAre(HasSubstr("certificate authority: "), HasSubstr("serving certificate: ")));
  EXPECT_TRUE(trusted(bundleOf(material)));
}

// Over nine years, looking whenever it is asked to: whoever has seen the bundle of a day ago, or has not seen
// today's yet, trusts what is shown.
TEST_F(Renewal, NeverShowsWhatABundleOfYesterdayDoesNotTrust) {
  renew();
  const base::Instant end = now + std::chrono::hours(24 * 365 * 9);
  std::vector<std::pair<base::Instant, std::string>> bundles{{now, bundleOf(material)}};
  std::vector<std::pair<base::Instant, crypto::KeyPair>> shown{{now, material.serving}};
  int authorities = 0;
  while (now < end) {
    now = last.again;
    renew();
    for (const std::string& what : last.done) authorities += what.contains("signs from now on") ? 1 : 0;
    bundles.emplace_back(now, bundleOf(material));
    shown.emplace_back(now, material.serving);
    for (const auto& [since, bundle] : bundles) {
      const auto next =
          std::ranges::upper_bound(bundles, since, {}, [](const auto& entry) { return entry.first; });
      const base::Instant until = next == bundles.end() ? base::Instant::never() : next->first;
      EXPECT_TRUE(until + (kOverlap - std::chrono::hours(1)) <= now ||
                  trusted(bundle));  // else it is somebody's still
    }
    // And today's bundle trusts what somebody may still show.
    for (std::size_t i = 0; i < shown.size(); ++i) {
      const base::Instant until = i + 1 == shown.size() ? base::Instant::never() : shown[i + 1].first;
      EXPECT_TRUE(until + (kOverlap - std::chrono::hours(1)) <= now ||
                  crypto::checkPair(shown[i].second, bundleOf(material), now));
    }
    if (bundles.size() > 4) bundles.erase(bundles.begin());
    if (shown.size() > 4) shown.erase(shown.begin());
  }
  EXPECT_EQ(authorities, 2);
}

}  // namespace
}  // namespace faasbatch::certificates
