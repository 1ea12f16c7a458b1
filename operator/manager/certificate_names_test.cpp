#include "operator/manager/certificate_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace faasbatch::manager {
namespace {

TEST(CertificateNames, AreThoseOfTheServicesAndWhatIsAdded) {
  const auto names = certificateNames("system", {"api.example.org", "faasbatch-gateway.system.svc"});
  EXPECT_THAT(names, ::testing::IsSupersetOf({"faasbatch-webhook.system.svc", "faasbatch-gateway.system.svc",
                                              "faasbatch-agents.system.svc", "api.example.org"}));
  EXPECT_EQ(std::ranges::count(names, "faasbatch-gateway.system.svc"), 1);
}

}  // namespace
}  // namespace faasbatch::manager
