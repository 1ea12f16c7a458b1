#include "cli/cluster/cluster_workflows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "lib/testing/scripted_api_server.h"

namespace faasbatch::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kPath = "/apis/faasbatch.io/v1alpha1/namespaces/ns/functionworkflows";

std::string manifest(const std::string& name, const std::string& more = "") {
  return "apiVersion: faasbatch.io/v1alpha1\nkind: FunctionWorkflow\nmetadata: {name: " + name + more +
         "}\nspec: {steps: [{name: s, wait: 1s}]}\n";
}

TEST(RowsOfTable, AreThoseThatKubectlPrints) {
  const std::string table =
      R"({"kind":"Table","columnDefinitions":[{"name":"Name"},{"name":"P95","priority":0},{"name":"Nodes","priority":1},)"
      R"({"name":"Age","priority":0}],"rows":[{"cells":["a",null,3,"5m"]},{"cells":["b",7]},{}]})";
  const auto rows = rowsOfTable(table, {}, true);
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_THAT(*rows, ElementsAre(ElementsAre("NAME", "P95", "AGE"), ElementsAre("a", "", "5m"),
                                 ElementsAre("b", "7", ""), ElementsAre("", "", "")));
  EXPECT_EQ(rowsOfTable(table, {}, false)->size(), 3U);
  for (const char* text :
       {"", "[]", "{}", R"({"columnDefinitions":1,"rows":[]})", R"({"columnDefinitions":[]})"}) {
    EXPECT_FALSE(rowsOfTable(text, {}, true)) << text;
  }
}

TEST(RowsOfTable, HaveMoreColumnsWhereThatIsAskedFor) {
  const std::string table =
      R"({"columnDefinitions":[{"name":"Name"},{"name":"Nodes","priority":1}],"rows":[)"
      R"({"cells":["a",3],"object":{"metadata":{"namespace":"n"}}},{"cells":["b",4],"object":null}]})";
  EXPECT_THAT(*rowsOfTable(table, {.allNamespaces = true, .wide = true}, true),
              ElementsAre(ElementsAre("NAMESPACE", "NAME", "NODES"), ElementsAre("n", "a", "3"),
                          ElementsAre("", "b", "4")));
}

class ClusterWorkflowsTest : public ::testing::Test {
 protected:
  ClusterWorkflowsTest() { ::setenv("no_proxy", "*", 1); }

  void connect(ClusterWorkflowOptions options = {}) {
    if (options.nameSpace.empty()) options.nameSpace = "ns";
    workflows_ = clusterWorkflows(*api_, std::move(options));
  }
  std::string applied(const std::string& document) {
    const auto applied = workflows_->apply(document);
    if (applied) return applied->name + " " + applied->what;
    std::string text;
    for (const auto& fault : applied.error()) text += fault.path + ": " + fault.message + ";";
    return text;
  }

  testing::ScriptedApiServer server_;
  std::unique_ptr<ApiServer> api_ =
      ApiServer::connect(net::EventLoop::make(), {.server = server_.url()}).value();
  std::unique_ptr<Workflows> workflows_;
};

TEST_F(ClusterWorkflowsTest, AreAppliedListedAndDeleted) {
  connect();
  EXPECT_EQ(applied(manifest("a")), "a created");
  EXPECT_EQ(server_.count("PATCH " + std::string(kPath) + "/a?"), 1U);
  EXPECT_THAT(server_.seen().back().target, HasSubstr("fieldManager=faasbatch"));
  EXPECT_THAT(server_.seen().back().target, HasSubstr("fieldValidation=Strict"));
  EXPECT_EQ(applied(manifest("b", ", namespace: other")), "b created");
  EXPECT_THAT(*workflows_->get("a"), HasSubstr(R"("wait":"1s")"));
  EXPECT_THAT(*workflows_->list(false), HasSubstr(R"("items":[{)"));
  EXPECT_THAT(*workflows_->list(true), AllOf(HasSubstr(R"("name":"a")"), HasSubstr(R"("name":"b")")));
  EXPECT_THAT(*workflows_->list(false), Not(HasSubstr(R"("name":"b")")));
  ASSERT_TRUE(workflows_->remove("a"));
  EXPECT_EQ(workflows_->get("a").error().kind, "NotFound");
  EXPECT_EQ(workflows_->remove("a").error().kind, "NotFound");
}

TEST_F(ClusterWorkflowsTest, NameEveryFaultAndWarning) {
  connect({.nameSpaceGiven = true, .dryRun = true});
  testing::ApiFault refused{
      .response = {.status = 422,
                   .headers = {},
                   .body =
                       R"({"kind":"Status","code":422,"reason":"Invalid","message":"m","details":{"causes":[)"
                       R"({"field":"spec.steps[0]","message":"one"},{"field":"spec","message":"two"}]}})"}};
  server_.script("PATCH", refused);
  EXPECT_EQ(applied(manifest("a")), "spec.steps[0]: one;spec: two;");
  EXPECT_EQ(server_.count("dryRun=All"), 1U);
  server_.script("PATCH", testing::ScriptedApiServer::failure(409, "Conflict", "field owned"));
  EXPECT_THAT(applied(manifest("a")), HasSubstr("--force-conflicts"));
  testing::ApiFault warned{
      .response = {.status = 200, .headers = {}, .body = R"({"metadata":{"name":"a"}})"}};
  warned.response.headers.add("Warning", R"(299 - "spec.functions[0]: never called")");
  server_.script("PATCH", warned);
  const auto accepted = workflows_->apply(manifest("a"));
  ASSERT_TRUE(accepted);
  EXPECT_EQ(accepted->what, "created (server dry run)");
  EXPECT_THAT(accepted->warnings, ElementsAre("spec.functions[0]: never called"));
}

TEST_F(ClusterWorkflowsTest, RefuseWhatIsNotTheirs) {
  connect({.nameSpaceGiven = true});
  EXPECT_THAT(applied("kind: Pod"), HasSubstr("kind: \"Pod\" is not FunctionWorkflow"));
  EXPECT_THAT(applied("{kind: FunctionWorkflow, apiVersion: v1}"), HasSubstr("apiVersion: \"v1\""));
  EXPECT_THAT(applied(manifest("''")), HasSubstr("metadata.name: is missing"));
  EXPECT_THAT(applied(manifest("a", ", namespace: other")), HasSubstr("metadata.namespace: \"other\""));
  EXPECT_THAT(applied("a: ["), HasSubstr(":"));
  EXPECT_EQ(server_.seen().size(), 0U);
  server_.script("GET", {.response = {.status = 404, .headers = {}, .body = "404 page not found"}});
  EXPECT_EQ(workflows_->list(false).error().kind, "NotInstalled");
}

}  // namespace
}  // namespace faasbatch::cli
