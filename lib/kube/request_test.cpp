#include "lib/kube/request.h"

#include <gtest/gtest.h>

namespace faasbatch::kube {
namespace {

using namespace std::chrono_literals;

std::string header(const net::Request& request, std::string_view name) {
  return std::string(request.headers.find(name).value_or("none"));
}

TEST(Request, ReadsObjects) {
  const auto whole = getRequest(kPods, {"ns", "a"}, Form::kWhole);
  EXPECT_EQ(whole.method + " " + whole.target, "GET /api/v1/namespaces/ns/pods/a");
  EXPECT_EQ(header(whole, "Accept"), "application/json");
  EXPECT_EQ(header(getRequest(kSecrets, {"ns", "a"}, Form::kMetadata), "Accept"),
            "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1");
}

TEST(Request, ListsInPagesByWhatIsSelected) {
  EXPECT_EQ(listRequest(kNodes, {}, 0, "").target, "/api/v1/nodes");
  const auto some = listRequest(kPods,
                                {.nameSpace = "ns",
                                 .labelSelector = "a=b,!c",
                                 .fieldSelector = "spec.nodeName=n",
                                 .metadataOnly = true},
                                500, "t&k");
  EXPECT_EQ(some.target,
            "/api/v1/namespaces/ns/pods?labelSelector=a%3Db%2C%21c&fieldSelector=spec.nodeName%3Dn&limit=500"
            "&continue=t%26k");
  EXPECT_EQ(header(some, "Accept"), "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1");
}

TEST(Request, AsksForTheTableOfOneOrOfAPage) {
  const auto page = tableRequest(kPods, {.nameSpace = "ns", .labelSelector = "a"}, "", 500, "t");
  EXPECT_EQ(page.target, "/api/v1/namespaces/ns/pods?labelSelector=a&limit=500&continue=t");
  EXPECT_EQ(header(page, "Accept"), "application/json;as=Table;g=meta.k8s.io;v=v1");
  EXPECT_EQ(tableRequest(kPods, {.nameSpace = "ns"}, "a", 500, "").target, "/api/v1/namespaces/ns/pods/a");
}

TEST(Request, WatchesFromAVersionWithBookmarks) {
  const auto watch =
      watchRequest(kPods, {.nameSpace = "ns", .fieldSelector = "a=b", .metadataOnly = true}, "7", 90500ms);
  EXPECT_EQ(watch.target,
            "/api/v1/namespaces/ns/pods?watch=1&allowWatchBookmarks=true&resourceVersion=7&timeoutSeconds=91"
            "&fieldSelector=a%3Db");
  EXPECT_EQ(header(watch, "Accept"), "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1");
}

TEST(Request, Writes) {
  const auto made =
      createRequest(kPods, "ns", "{}", {.fieldManager = "me", .fieldValidation = "Strict", .dryRun = true});
  EXPECT_EQ(made.method + " " + made.target,
            "POST /api/v1/namespaces/ns/pods?fieldManager=me&fieldValidation=Strict&dryRun=All");
  EXPECT_EQ(header(made, "Content-Type"), "application/json");
  EXPECT_EQ(made.body, "{}");
  const auto replaced = replaceRequest(kPods, {"ns", "a"}, "{}", {.subresource = "status"});
  EXPECT_EQ(replaced.method + " " + replaced.target, "PUT /api/v1/namespaces/ns/pods/a/status");
}

TEST(Request, PatchesInThreeWays) {
  const auto patch = [](PatchType type) {
    return patchRequest(kPods, {"ns", "a"}, type, "{}", {.fieldManager = "me", .force = true});
  };
  EXPECT_EQ(header(patch(PatchType::kJson), "Content-Type"), "application/json-patch+json");
  EXPECT_EQ(header(patch(PatchType::kMerge), "Content-Type"), "application/merge-patch+json");
  EXPECT_EQ(header(patch(PatchType::kApply), "Content-Type"), "application/apply-patch+yaml");
  EXPECT_EQ(patch(PatchType::kMerge).target, "/api/v1/namespaces/ns/pods/a?fieldManager=me");
  EXPECT_EQ(patch(PatchType::kApply).target, "/api/v1/namespaces/ns/pods/a?fieldManager=me&force=true");
  EXPECT_EQ(patch(PatchType::kApply).method, "PATCH");
}

TEST(Request, RemovesOnConditions) {
  EXPECT_EQ(deleteRequest(kPods, {"ns", "a"}, {}).body, R"({"apiVersion":"v1","kind":"DeleteOptions"})");
  const auto request = deleteRequest(
      kPods, {"ns", "a"},
      {.uid = "u", .resourceVersion = "7", .gracePeriodSeconds = 0, .propagation = "Background"});
  EXPECT_EQ(request.method + " " + request.target, "DELETE /api/v1/namespaces/ns/pods/a");
  EXPECT_EQ(request.body,
            R"({"apiVersion":"v1","kind":"DeleteOptions","preconditions":{"uid":"u","resourceVersion":"7"},)"
            R"("gracePeriodSeconds":0,"propagationPolicy":"Background"})");
}

}  // namespace
}  // namespace faasbatch::kube
