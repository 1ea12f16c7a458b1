#include "lib/kube/wire.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace faasbatch::kube {
namespace {

using testing::HasSubstr;
using testing::Not;
using Type = WatchEvent::Type;

TEST(WatchEvent, IsReadByItsType) {
  for (const auto& [name, type] :
       {std::pair("ADDED", Type::kAdded), {"MODIFIED", Type::kModified}, {"DELETED", Type::kDeleted}}) {
    const auto event = parseWatchEvent(R"({"type":")" + std::string(name) +
                                       R"(","object":{"metadata":{"name":"a","resourceVersion":"3"}}})");
    ASSERT_TRUE(event) << event.error().message;
    EXPECT_EQ(event->type, type);
    EXPECT_EQ(event->object.key.name, "a");
    EXPECT_EQ(event->object.json, R"({"metadata":{"name":"a","resourceVersion":"3"}})");
  }
}

TEST(WatchEvent, BookmarksHaveOnlyAVersion) {
  const auto event = parseWatchEvent(
      R"({"type":"BOOKMARK","object":{"kind":"Pod","metadata":{"resourceVersion":"12"},"spec":{"containers":null}}})");
  ASSERT_TRUE(event) << event.error().message;
  EXPECT_EQ(event->type, Type::kBookmark);
  EXPECT_EQ(event->object.resourceVersion, "12");
  EXPECT_EQ(event->object.json, "");
}

TEST(WatchEvent, ErrorsAreStatuses) {
  const auto event = parseWatchEvent(
      R"({"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"old"}})");
  ASSERT_TRUE(event);
  EXPECT_EQ(event->type, Type::kError);
  EXPECT_TRUE(event->error.expired());
  EXPECT_EQ(event->error.message, "old");
}

TEST(WatchEvent, IsRefusedWithoutItsText) {
  for (const char* line : {"<html>secret", "{}", R"({"type":"ADDED"})", R"({"type":"SECRET","object":{}})",
                           R"({"type":"ADDED","object":{"secret":1}})", R"({"type":3,"object":{}})",
                           R"({"type":"ADDED","object":{"metadata":{"name":"a"}})"}) {
    const auto event = parseWatchEvent(line);
    ASSERT_FALSE(event) << line;
    EXPECT_EQ(event.error().kind, "InvalidResponse");
    EXPECT_THAT(event.error().message, Not(HasSubstr("secret")));
  }
}

TEST(Page, IsReadObjectByObject) {
  const auto page = parsePage(
      R"({"kind":"PodList","metadata":{"resourceVersion":"9","continue":"more","remainingItemCount":3},)"
      R"("items":[{"metadata":{"name":"a"}}, {"metadata":{"name":"b","namespace":"n"}}]})");
  ASSERT_TRUE(page) << page.error().message;
  EXPECT_EQ(page->resourceVersion, "9");
  EXPECT_EQ(page->next, "more");
  ASSERT_EQ(page->items.size(), 2U);
  EXPECT_EQ(page->items[1].key, (ObjectKey{"n", "b"}));
  EXPECT_EQ(page->items[1].json, R"({"metadata":{"name":"b","namespace":"n"}})");
}

TEST(Page, MayBeEmpty) {
  for (const char* items : {"[]", "null"}) {
    const auto page = parsePage(R"({"metadata":{"resourceVersion":"9"},"items":)" + std::string(items) + "}");
    ASSERT_TRUE(page);
    EXPECT_TRUE(page->items.empty());
    EXPECT_EQ(page->next, "");
  }
}

TEST(Page, IsRefusedWithAReason) {
  for (const char* body : {"", "<html>", "{}", R"({"metadata":{}})", R"({"items":[]})",
                           R"({"metadata":{},"items":{}})", R"({"metadata":{},"items":[{}]})"}) {
    const auto page = parsePage(body);
    ASSERT_FALSE(page) << body;
    EXPECT_EQ(page.error().kind, "InvalidResponse");
  }
}

}  // namespace
}  // namespace faasbatch::kube
