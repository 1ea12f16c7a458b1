// faasbatch-e2e: the end-to-end suite. Run it by e2e/run, which brings up the cluster and puts the images
// into it.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "e2e/suite/cluster.h"
#include "e2e/suite/installation.h"

namespace faasbatch::e2e {
namespace {

class Installed : public ::testing::Environment {
 public:
  void SetUp() override {
    deleteNamespaces();
    say("helm install", installRelease());
  }
};

class Collector : public ::testing::EmptyTestEventListener {
  void OnTestEnd(const ::testing::TestInfo& test) override {
    if (!test.result()->Failed()) return;
    const std::string folder = collect(std::string(test.test_suite_name()) + "." + test.name());
    std::printf("what the cluster looked like: %s\n", folder.c_str());
  }
};

}  // namespace
}  // namespace faasbatch::e2e

int main(int argc, char** argv) {
  const char* const path = std::getenv("PATH");
  ::setenv("PATH", (std::string(FAASBATCH_BIN_DIR ":") + (path == nullptr ? "" : path)).c_str(),
           1);  // kubectl-faasbatch
  ::testing::InitGoogleTest(&argc, argv);
  ::testing::AddGlobalTestEnvironment(new faasbatch::e2e::Installed);
  ::testing::UnitTest::GetInstance()->listeners().Append(new faasbatch::e2e::Collector);
  return RUN_ALL_TESTS();
}
