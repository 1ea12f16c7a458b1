#include "node-agent/gateway/media.h"

#include <gtest/gtest.h>

namespace faasbatch::gateway {
namespace {

TEST(Media, OfJsonHasNoCaseAndAnyParameters) {
  for (const char* type : {"application/json", "Application/JSON", "application/json; charset=utf-8",
                           "APPLICATION/JSON\t;x=y", "text/json", "application/vnd.api+JSON",
                           "application/octet-stream", "application/x-www-form-urlencoded", ""}) {
    EXPECT_TRUE(isJsonMedia(type)) << type;
  }
  for (const char* type :
       {"text/plain", "application/xml", "application/jsonx", "+json", "image/png; a=+json"})
    EXPECT_FALSE(isJsonMedia(type)) << type;
}

TEST(Media, OfManifestsIsYamlOrJson) {
  for (const char* type :
       {"application/yaml", "Text/YAML; charset=utf-8", "application/json", "application/x-yaml"})
    EXPECT_TRUE(isManifestMedia(type)) << type;
  for (const char* type : {"text/html", "application/xml", "", "application/vnd.api+json"})
    EXPECT_FALSE(isManifestMedia(type)) << type;
}

TEST(Media, IsNotTakenCompressed) {
  const auto refused = [](const char* encoding) {
    net::Headers headers;
    headers.add("content-encoding", encoding);
    return refusedEncoding(headers);
  };
  EXPECT_FALSE(refusedEncoding({}));
  EXPECT_FALSE(refused("Identity"));
  for (const char* encoding : {"gzip", "br", "identity, gzip"}) {
    const auto response = refused(encoding);
    ASSERT_TRUE(response) << encoding;
    EXPECT_EQ(response->status, 415);
    EXPECT_EQ(response->headers.find("Accept-Encoding"), "identity");
  }
}

}  // namespace
}  // namespace faasbatch::gateway
