// The examples as their READMEs have them, applied by kubectl and called by kubectl faasbatch.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "e2e/suite/cluster.h"
#include "e2e/suite/gateway.h"

namespace faasbatch::e2e {
namespace {

using nlohmann::json;

constexpr const char* kExamples = FAASBATCH_SOURCE_DIR "/examples/";

json fileOf(const std::string& example, const std::string& name) {
  std::ifstream file(kExamples + example + "/" + name);
  return json::parse(file);
}

// What an object names must be in the output; anything else must be equal.
bool holds(const json& output, const json& expected) {
  if (!expected.is_object() || !output.is_object()) return output == expected;
  for (const auto& [key, value] : expected.items()) {
    if (!output.contains(key) || !holds(output.at(key), value)) return false;
  }
  return true;
}

class Examples : public ::testing::Test {
 protected:
  json outputOf(const std::string& example, const json& input) {
    kubectl({"apply", "-n", space.name(), "-f", kExamples + example + "/workflow.yaml"});
    kubectl(
        {"wait", "-n", space.name(), "--for=condition=Ready", "--timeout=60s", "functionworkflow", "--all"});
    const TextFile file(input.dump(), ".json");
    return json::parse(
        kubectl({"faasbatch", "invoke", example, "-n", space.name(), "-d", "@" + file.path()}));
  }
  Namespace space;
};

TEST_F(Examples, Order) {
  const json output = outputOf("order", fileOf("order", "input.json"));
  EXPECT_TRUE(holds(output, fileOf("order", "expected.json"))) << output;
}

TEST_F(Examples, Thumbnails) {
  const json output = outputOf("thumbnails", fileOf("thumbnails", "input.json"));
  EXPECT_TRUE(holds(output, fileOf("thumbnails", "expected.json"))) << output;
}

// Over files that the runtime's image has.
TEST_F(Examples, Wordcount) {
  const json output = outputOf("wordcount", {{"folder", "/usr/lib/python3.11/json"},
                                             {"files", {"decoder.py", "encoder.py", "scanner.py", "tool.py"}},
                                             {"top", 5}});
  EXPECT_EQ(output.at("files"), 4) << output;
  EXPECT_GT(output.at("words"), 1000) << output;
}

}  // namespace
}  // namespace faasbatch::e2e
