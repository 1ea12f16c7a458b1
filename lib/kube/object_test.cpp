#include "lib/kube/object.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace faasbatch::kube {
namespace {

using testing::HasSubstr;

TEST(Object, IsReadByItsMetadata) {
  const std::string json =
      R"({"kind":"Pod","metadata":{"name":"a","namespace":"n","uid":"u","resourceVersion":"7","generation":3,)"
      R"("deletionTimestamp":"2026-01-01T00:00:00Z","labels":{"name":"other"}},"spec":{"metadata":{"name":"x"}}})";
  const auto object = parseObject(json);
  ASSERT_TRUE(object) << object.error().message;
  EXPECT_EQ(object->key, (ObjectKey{"n", "a"}));
  EXPECT_EQ(object->uid, "u");
  EXPECT_EQ(object->resourceVersion, "7");
  EXPECT_EQ(object->generation, 3);
  EXPECT_TRUE(object->deleting);
  EXPECT_EQ(object->json, json);
}

TEST(Object, NeedsOnlyItsName) {
  const auto object = parseObject(R"({"metadata":{"name":"a","deletionTimestamp":null}})");
  ASSERT_TRUE(object);
  EXPECT_EQ(object->key.nameSpace, "");
  EXPECT_EQ(object->generation, 0);
  EXPECT_FALSE(object->deleting);
  ASSERT_TRUE(parseObject(R"({"metadata":{}})", Named::kNo));
}

TEST(Object, IsRefusedWithAReason) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "not JSON"},
      {"[]", "no metadata"},
      {"{}", "no metadata"},
      {R"({"metadata":3})", "no metadata"},
      {R"({"metadata":{"name":""}})", "no name"},
      {R"({"metadata":{"name":3}})", "no name"},
      {R"({"metadata":{"name":"a"}}x)", "not JSON"},
  };
  for (const auto& [json, message] : cases) {
    const auto object = parseObject(json);
    ASSERT_FALSE(object) << json;
    EXPECT_EQ(object.error().kind, "InvalidResponse");
    EXPECT_THAT(object.error().message, HasSubstr(message)) << json;
  }
}

TEST(Object, LosesItsManagedFieldsAndNothingElse) {
  const auto dropped = [](const std::string& json) {
    Object object = parseObject(json).value();
    dropManagedFields(object);
    return object.json;
  };
  EXPECT_EQ(
      dropped(R"({"a":1, "metadata": {"managedFields":[{"f:x":{}}], "name":"a","q\"":[ ]} ,"spec":{}})"),
      R"({"a":1, "metadata": {"name":"a","q\"":[ ]} ,"spec":{}})");
  EXPECT_EQ(dropped(R"({"metadata":{"name":"a","managedFields":[]}})"), R"({"metadata":{"name":"a"}})");
  const std::string without = R"({"metadata": { "name" : "a" }, "managedFields":[1]})";
  EXPECT_EQ(dropped(without), without);
}

TEST(Object, IsReferredTo) {
  const Object object = parseObject(R"({"metadata":{"name":"a","namespace":"n","uid":"u"}})").value();
  const ObjectReference reference = referenceTo(kFunctionWorkflows, object);
  EXPECT_EQ(reference.apiVersion, "faasbatch.io/v1alpha1");
  EXPECT_EQ(reference.kind, "FunctionWorkflow");
  EXPECT_EQ(reference.key, object.key);
  EXPECT_EQ(reference.uid, "u");
}

}  // namespace
}  // namespace faasbatch::kube
