// Reading and writing objects of a real API server.
#include <set>

#include "lib/json/path.h"
#include "lib/kube/real_api_test.h"

namespace faasbatch::kube {
namespace {

using testing::HasSubstr;
using testing::Not;

class RealObjectsTest : public RealApiTest {};

std::string podJson(const std::string& name) {
  return R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":")" + name +
         R"("},"spec":{"nodeName":"worker","containers":[{"name":"c","image":"i"}]}})";
}

TEST_F(RealObjectsTest, OfEveryKindThatIsUsedAreMadeReadChangedAndRemoved) {
  needWorkflows();
  const std::string selector =
      R"("selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},)"
      R"("spec":{"containers":[{"name":"c","image":"i"}]}})";
  const std::pair<Resource, std::string> kinds[] = {
      {kConfigMaps, R"("data":{"a":"b"})"},
      {kSecrets, R"("stringData":{"a":"b"})"},
      {kPods, R"("spec":{"containers":[{"name":"c","image":"i"}]})"},
      {kServices, R"("spec":{"ports":[{"port":80}]})"},
      {kEndpointSlices, R"("addressType":"IPv4","endpoints":[])"},
      {kLeases, R"("spec":{"holderIdentity":"me","leaseDurationSeconds":15})"},
      {kDaemonSets, R"("spec":{)" + selector + "}"},
      {kDeployments, R"("spec":{)" + selector + "}"},
      {kNodes, R"("spec":{})"},
      {kValidatingWebhookConfigurations, R"("webhooks":[])"},
      {kFunctionWorkflows,
       R"("spec":{"functions":[{"name":"f","runtime":"Python","handler":"m.f","source":{"inline":"x"}}],)"
       R"("steps":[{"name":"s","function":"f"}]})"},
  };
  const std::string nameSpace = makeNamespace();
  for (const auto& [resource, rest] : kinds) {
    const ObjectKey key{resource.namespaced ? nameSpace : "", "object"};
    const auto made =
        create(resource, key.nameSpace,
               R"({"apiVersion":")" + resource.apiVersion() + R"(","kind":")" + std::string(resource.kind) +
                   R"(","metadata":{"name":"object"},)" + rest + "}");
    ASSERT_TRUE(made) << resource.kind << ": " << made.error().message;
    EXPECT_EQ(made->key, key);
    EXPECT_FALSE(made->uid.empty());
    const auto again = create(resource, key.nameSpace, made->json);
    EXPECT_FALSE(again) << resource.kind;
    const auto labelled =
        patch(resource, key, PatchType::kMerge, R"({"metadata":{"labels":{"mine":"yes"}}})");
    ASSERT_TRUE(labelled) << resource.kind << ": " << labelled.error().message;
    const auto read = get(resource, key);
    ASSERT_TRUE(read) << resource.kind;
    EXPECT_EQ(read->uid, made->uid);
    EXPECT_EQ(read->resourceVersion, labelled->resourceVersion);
    const auto found = list(resource, {.nameSpace = key.nameSpace, .labelSelector = "mine=yes"});
    ASSERT_TRUE(found) << resource.kind;
    ASSERT_EQ(found->items.size(), 1U) << resource.kind;
    EXPECT_EQ(found->items[0].key, key);
    EXPECT_TRUE(remove(resource, key, {.uid = made->uid, .gracePeriodSeconds = 0})) << resource.kind;
    EXPECT_EQ(get(resource, key).error().reason, "NotFound") << resource.kind;
  }
}

TEST_F(RealObjectsTest, AreReplacedOnTopOfTheVersionThatWasRead) {
  const std::string nameSpace = makeNamespace();
  const auto first = create(kConfigMaps, nameSpace, configMap("a"));
  ASSERT_TRUE(first);
  const auto replace = [&](const std::string& json) {
    return await<Object>(
        [&](auto done) { client_->replace(kConfigMaps, {nameSpace, "a"}, json, {}, std::move(done)); });
  };
  ASSERT_TRUE(replace(first->json));
  ASSERT_TRUE(patch(kConfigMaps, {nameSpace, "a"}, PatchType::kMerge, R"({"data":{"value":"2"}})"));
  EXPECT_EQ(replace(first->json).error().reason, "Conflict");
  EXPECT_EQ(patch(kConfigMaps, {nameSpace, "a"}, PatchType::kMerge,
                  R"({"metadata":{"resourceVersion":")" + first->resourceVersion + "\"}}")
                .error()
                .reason,
            "Conflict");
}

TEST_F(RealObjectsTest, ArePatchedInEveryWay) {
  const std::string nameSpace = makeNamespace();
  const ObjectKey key{nameSpace, "a"};
  ASSERT_TRUE(create(kConfigMaps, nameSpace, configMap("a")));
  const auto json = patch(kConfigMaps, key, PatchType::kJson,
                          R"([{"op":"test","path":"/data/value","value":"1"},)"
                          R"({"op":"add","path":"/data/more","value":"x"}])");
  ASSERT_TRUE(json) << json.error().message;
  EXPECT_EQ(json::at(json->json, {"data"}), R"({"more":"x","value":"1"})");
  const auto wrong =
      patch(kConfigMaps, key, PatchType::kJson, R"([{"op":"test","path":"/data/value","value":"2"}])");
  EXPECT_EQ(wrong.error().reason, "Invalid");
  const auto merged = patch(kConfigMaps, key, PatchType::kMerge, R"({"data":{"more":null}})");
  ASSERT_TRUE(merged);
  EXPECT_EQ(json::at(merged->json, {"data"}), R"({"value":"1"})");
}

TEST_F(RealObjectsTest, AppliedByTwoManagersHaveTwoOwners) {
  const std::string nameSpace = makeNamespace();
  const ObjectKey key{nameSpace, "shared"};
  const auto apply = [&](const std::string& manager, const std::string& data, bool force = false) {
    return patch(kConfigMaps, key, PatchType::kApply,
                 R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"shared"},"data":)" + data + "}",
                 {.fieldManager = manager, .force = force});
  };
  ASSERT_TRUE(apply("one", R"({"a":"1"})"));
  ASSERT_TRUE(apply("two", R"({"b":"2"})"));
  const auto conflict = apply("two", R"({"a":"3","b":"2"})");
  ASSERT_FALSE(conflict);
  EXPECT_EQ(conflict.error().reason, "Conflict");
  EXPECT_THAT(conflict.error().message, HasSubstr("conflict with \"one\": .data.a"));
  const auto forced = apply("two", R"({"a":"3","b":"2"})", true);
  ASSERT_TRUE(forced);
  EXPECT_EQ(json::at(forced->json, {"data"}), R"({"a":"3","b":"2"})");
  // Who leaves a field out gives it up.
  const auto left = apply("two", R"({"b":"2"})");
  ASSERT_TRUE(left);
  EXPECT_EQ(json::at(left->json, {"data"}), R"({"b":"2"})");
}

TEST_F(RealObjectsTest, HaveAStatusOfItsOwn) {
  needWorkflows();
  const std::string nameSpace = makeNamespace();
  const ObjectKey key{nameSpace, "w"};
  const auto made =
      create(kFunctionWorkflows, nameSpace,
             R"({"apiVersion":"faasbatch.io/v1alpha1","kind":"FunctionWorkflow","metadata":{"name":"w"},)"
             R"("spec":{"functions":[{"name":"f","runtime":"Python","handler":"m.f",)"
             R"("source":{"inline":"x"}}],"steps":[{"name":"s","function":"f"}]},)"
             R"("status":{"observedGeneration":7}})");
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(json::at(made->json, {"status"}), std::nullopt);  // not through the object itself
  EXPECT_EQ(made->generation, 1);
  const auto status = patch(kFunctionWorkflows, key, PatchType::kMerge,
                            R"({"status":{"observedGeneration":1}})", {.subresource = "status"});
  ASSERT_TRUE(status) << status.error().message;
  EXPECT_EQ(json::at(status->json, {"status", "observedGeneration"}), "1");
  EXPECT_EQ(status->generation, 1);
  const auto applied =
      patch(kFunctionWorkflows, key, PatchType::kApply,
            R"({"apiVersion":"faasbatch.io/v1alpha1","kind":"FunctionWorkflow","metadata":{"name":"w"},)"
            R"("status":{"observedGeneration":2}})",
            {.subresource = "status", .fieldManager = "operator", .force = true});
  ASSERT_TRUE(applied) << applied.error().message;
  EXPECT_EQ(json::at(applied->json, {"status", "observedGeneration"}), "2");
}

TEST_F(RealObjectsTest, AreCheckedWithoutBeingKept) {
  const std::string nameSpace = makeNamespace();
  EXPECT_TRUE(create(kConfigMaps, nameSpace, configMap("dry"), {.dryRun = true}));
  EXPECT_EQ(get(kConfigMaps, {nameSpace, "dry"}).error().reason, "NotFound");
  const std::string odd = R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"odd"},"unknown":1})";
  EXPECT_TRUE(create(kConfigMaps, nameSpace, odd));
  const auto strict = create(kConfigMaps, nameSpace, odd, {.fieldValidation = "Strict"});
  ASSERT_FALSE(strict);
  EXPECT_THAT(strict.error().message, HasSubstr("unknown field \"unknown\""));
}

TEST_F(RealObjectsTest, AreRemovedOnlyAsWhatTheyWere) {
  const std::string nameSpace = makeNamespace();
  const auto pod = create(kPods, nameSpace, podJson("p"));
  ASSERT_TRUE(pod) << pod.error().message;
  const ObjectKey key{nameSpace, "p"};
  EXPECT_EQ(remove(kPods, key, {.uid = "00000000-0000-0000-0000-000000000000"}).error().reason, "Conflict");
  EXPECT_EQ(remove(kPods, key, {.resourceVersion = "1"}).error().reason, "Conflict");
  EXPECT_TRUE(remove(kPods, key, {.uid = pod->uid, .gracePeriodSeconds = 0}));
  EXPECT_EQ(remove(kPods, key).error().reason, "NotFound");
}

TEST_F(RealObjectsTest, ComeInPages) {
  const std::string nameSpace = makeNamespace();
  std::set<std::string> names;
  for (int i = 0; i < 12; ++i) {
    names.insert("c" + std::to_string(i));
    ASSERT_TRUE(create(kConfigMaps, nameSpace, configMap("c" + std::to_string(i))));
  }
  std::set<std::string> seen;
  std::string next;
  std::string version;
  int pages = 0;
  do {
    const auto page = list(kConfigMaps, {.nameSpace = nameSpace}, 5, next);
    ASSERT_TRUE(page) << page.error().message;
    for (const Object& object : page->items) EXPECT_TRUE(seen.insert(object.key.name).second);
    if (pages++ == 0) version = page->resourceVersion;
    EXPECT_EQ(page->resourceVersion, version);  // all of one moment
    next = page->next;
    ASSERT_TRUE(create(kConfigMaps, nameSpace, configMap("z" + std::to_string(pages))));
  } while (!next.empty());
  EXPECT_EQ(pages, 3);
  EXPECT_EQ(seen, names);
  const auto broken = list(kConfigMaps, {.nameSpace = nameSpace}, 5, "nonsense");
  EXPECT_EQ(broken.error().status, 400);
}

TEST_F(RealObjectsTest, MayBeSeenByTheirMetadataOnly) {
  const std::string nameSpace = makeNamespace();
  ASSERT_TRUE(
      create(kSecrets, nameSpace,
             R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"},"stringData":{"p":"secret"}})"));
  const auto one =
      await<Object>([&](auto done) { client_->getMetadata(kSecrets, {nameSpace, "s"}, std::move(done)); });
  ASSERT_TRUE(one) << one.error().message;
  EXPECT_THAT(one->json, HasSubstr("PartialObjectMetadata"));
  EXPECT_THAT(one->json, Not(HasSubstr("c2VjcmV0")));
  const auto all = list(kSecrets, {.nameSpace = nameSpace, .metadataOnly = true});
  ASSERT_TRUE(all);
  ASSERT_EQ(all->items.size(), 1U);
  EXPECT_THAT(all->items[0].json, Not(HasSubstr("c2VjcmV0")));
}

TEST_F(RealObjectsTest, AreRefusedWithAReason) {
  const std::string nameSpace = makeNamespace();
  EXPECT_EQ(create(kConfigMaps, nameSpace, configMap("Not_A_Name")).error().reason, "Invalid");
  EXPECT_EQ(create(kConfigMaps, nameSpace, "{").error().reason, "BadRequest");
  EXPECT_EQ(create(kConfigMaps, "no-such-namespace", configMap("a")).error().reason, "NotFound");
  const auto invalid =
      create(kPods, nameSpace,
             R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"containers":[]}})");
  EXPECT_THAT(invalid.error().message, HasSubstr("spec.containers: Required value"));
}

TEST_F(RealObjectsTest, ArePrintedAsKubectlDoes) {
  needWorkflows();
  const std::string nameSpace = makeNamespace();
  for (const char* name : {"one", "two"}) {
    ASSERT_TRUE(
        create(kFunctionWorkflows, nameSpace,
               R"({"apiVersion":"faasbatch.io/v1alpha1","kind":"FunctionWorkflow","metadata":{"name":")" +
                   std::string(name) + R"("},"spec":{"steps":[{"name":"s","wait":"1s"}]}})"));
  }
  const auto table = [&](const std::string& name, std::size_t limit) {
    const auto got = await<std::string>([&](auto done) {
      client_->table(kFunctionWorkflows, {.nameSpace = nameSpace}, name, limit, "", std::move(done));
    });
    return got ? *got : got.error().message;
  };
  const std::string all = table("", 1);
  EXPECT_THAT(all, HasSubstr(R"("kind":"Table")"));
  EXPECT_THAT(all, HasSubstr(R"("name":"P95")"));
  EXPECT_THAT(all, HasSubstr(R"("cells":["one")"));
  EXPECT_THAT(all, Not(HasSubstr(R"("cells":["two")")));
  EXPECT_THAT(all, HasSubstr(R"("continue":)"));
  EXPECT_THAT(table("two", 0), HasSubstr(R"("cells":["two")"));
}

}  // namespace
}  // namespace faasbatch::kube
