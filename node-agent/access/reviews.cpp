#include "node-agent/access/reviews.h"

#include "lib/cluster/names.h"
#include "lib/json/members.h"
#include "lib/json/path.h"
#include "lib/json/write.h"

namespace faasbatch::access {
namespace {

std::string textAt(std::string_view json, std::initializer_list<std::string_view> path) {
  const auto raw = json::at(json, path);
  return raw ? json::asString(*raw).value_or("") : "";
}

bool boolAt(std::string_view json, std::initializer_list<std::string_view> path) {
  const auto raw = json::at(json, path);
  return raw && json::asBool(*raw).value_or(false);
}

}  // namespace

std::string tokenReview(std::string_view token) {
  std::string out;
  json::Object review(out);
  review.text("apiVersion", "authentication.k8s.io/v1").text("kind", "TokenReview");
  json::Object(review.key("spec")).text("token", token).end();
  review.end();
  return out;
}

base::Result<std::optional<User>> readTokenReview(std::string_view json) {
  const auto status = json::at(json, {"status"});
  if (!status) return base::fail("InvalidResponse", "a TokenReview without a status");
  if (!boolAt(*status, {"authenticated"})) {
    // A token that is wrong has an error as well; only the API server's own trouble has no `authenticated`.
    return std::optional<User>();
  }
  User user{.name = textAt(*status, {"user", "username"}), .uid = textAt(*status, {"user", "uid"})};
  if (user.name.empty()) return base::fail("InvalidResponse", "a TokenReview without a user's name");
  if (const auto groups = json::at(*status, {"user", "groups"})) {
    const auto items = json::elements(*groups);
    if (!items) return base::fail("InvalidResponse", "a TokenReview whose groups are no list");
    for (const std::string_view item : *items) user.groups.push_back(json::asString(item).value_or(""));
  }
  if (const auto extra = json::at(*status, {"user", "extra"}); extra && *extra != "null") {
    user.extra = std::string(*extra);
  }
  return user;
}

std::string accessReview(const User& user, const Permission& permission) {
  std::string out;
  json::Object review(out);
  review.text("apiVersion", "authorization.k8s.io/v1").text("kind", "SubjectAccessReview");
  json::Object spec(review.key("spec"));
  spec.text("user", user.name);
  if (!user.uid.empty()) spec.text("uid", user.uid);
  json::appendTexts(spec.key("groups"), user.groups);
  spec.raw("extra", user.extra);
  json::Object attributes(spec.key("resourceAttributes"));
  attributes.text("verb", permission.verb).text("group", cluster::kApiGroup);
  attributes.text("resource", cluster::kInvocationsResource);
  if (!permission.subresource.empty()) attributes.text("subresource", permission.subresource);
  attributes.text("namespace", permission.nameSpace);
  if (!permission.name.empty()) attributes.text("name", permission.name);
  attributes.end();
  spec.end();
  review.end();
  return out;
}

base::Result<Decision> readAccessReview(std::string_view json) {
  const auto status = json::at(json, {"status"});
  if (!status || !json::at(*status, {"allowed"}))
    return base::fail("InvalidResponse", "a SubjectAccessReview without an answer");
  return Decision{.allowed = boolAt(*status, {"allowed"}), .reason = textAt(*status, {"reason"})};
}

}  // namespace faasbatch::access
