#include "node-agent/stores/couch_document.h"

#include <gmock/gmock.h>

#include "lib/json/check.h"

namespace faasbatch::stores {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(CouchDocumentTest, DocumentsComeBackAsTheyWent) {
  const std::string largeText(kInlineBytes + 1, 'x');
  const Value values[] = {{"null", "json"},
                          {R"("\ud800 \u0000 é")", "json"},
                          {"", "bytes"},
                          {"\xff\xfe", "json"},
                          {std::string("\0\x01", 2), "bytes"},
                          {largeText, "json"},
                          {std::string(kInlineBytes, 'y'), "bytes"}};
  for (const Value& value : values) {
    const base::Instant expires{5'000'000'000};
    const std::string json = encodeDocument("v:k\"\n", value, expires, "1-abc");
    ASSERT_TRUE(json::check(json)) << json.substr(0, 200);
    EXPECT_THAT(json, HasSubstr(R"("_rev":"1-abc")"));
    EXPECT_EQ(json.find("_attachments") != std::string::npos, value.bytes.size() > kInlineBytes);
    const auto document = decodeDocument(json);
    ASSERT_TRUE(document) << document.error().message;
    EXPECT_TRUE(document->value.bytes == value.bytes);
    EXPECT_EQ(document->value.type, value.type);
    EXPECT_EQ(document->expires, expires);
  }
  EXPECT_THAT(encodeDocument("v:k", {"1"}, base::Instant::never(), ""), Not(HasSubstr("_rev")));
  EXPECT_EQ(decodeDocument(encodeDocument("v:k", {"1"}, base::Instant::never(), ""))->expires,
            base::Instant::never());
}

TEST(CouchDocumentTest, WhatIsNoDocumentOfOursIsAnError) {
  for (const char* json :
       {"", "[]", "{}", R"({"type":"json"})", R"({"type":"xml","text":"1"})", R"({"type":"json","text":1})",
        R"({"type":"bytes","base64":"%%%"})", R"({"type":"bytes","_attachments":{}})",
        R"({"type":"bytes","_attachments":{"value":{"stub":true}}})"}) {
    const auto document = decodeDocument(json);
    ASSERT_FALSE(document) << json;
    EXPECT_EQ(document.error().kind, "StoreUnavailable");
  }
}

TEST(CouchDocumentTest, TargetsAreEncoded) {
  EXPECT_EQ(documentTarget(documentId("a/b?c#d%+ \xc3\xa9")), "/v%3Aa%2Fb%3Fc%23d%25%2B%20%C3%A9");
  EXPECT_EQ(documentTarget(documentId("..")), "/v%3A%2E%2E");
}

TEST(CouchDocumentTest, AnswersAreTakenApart) {
  const auto bulk =
      decodeBulkAnswer(R"([{"ok":true,"id":"a","rev":"1-x"},{"id":"b","error":"conflict","reason":"r"}])");
  ASSERT_TRUE(bulk);
  EXPECT_EQ((*bulk)[0].rev, "1-x");
  EXPECT_EQ((*bulk)[1].error, "conflict");
  const auto all = decodeAllDocsAnswer(
      R"({"rows":[{"id":"a","key":"a","value":{"rev":"1-x"}},{"key":"no","error":"not_found"},)"
      R"({"id":"c","key":"c","value":{"rev":"2-y","deleted":true},"doc":null}]})");
  ASSERT_TRUE(all);
  EXPECT_EQ((*all)[0].rev, "1-x");
  EXPECT_EQ((*all)[1].error, "not_found");
  EXPECT_TRUE((*all)[2].deleted);
  const auto found = decodeFindAnswer(R"({"docs":[{"_id":"a","_rev":"1-x","expires":7}],"bookmark":"nil"})");
  ASSERT_TRUE(found);
  EXPECT_EQ((*found)[0].expires, 7);
  for (const char* json : {"", "{}", "[1]", "null", R"({"rows":{}})", R"({"docs":3})"}) {
    EXPECT_FALSE(decodeBulkAnswer(json)) << json;
    EXPECT_FALSE(decodeAllDocsAnswer(json)) << json;
    EXPECT_FALSE(decodeFindAnswer(json)) << json;
  }
  EXPECT_EQ(decodeProblem(R"({"error":"not_found","reason":"missing"})").reason, "missing");
  EXPECT_EQ(decodeProblem("<html>").error, "");
}

}  // namespace
}  // namespace faasbatch::stores
