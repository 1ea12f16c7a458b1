#include "lib/kube/lease_record.h"

#include <algorithm>
#include <vector>

#include "lib/json/members.h"
#include "lib/json/path.h"
#include "lib/json/write.h"

namespace faasbatch::kube {
namespace {

constexpr std::int64_t kLongestSeconds = 3600;

std::int64_t inSeconds(base::Duration duration) {
  return std::chrono::ceil<std::chrono::seconds>(duration).count();
}

void openPatch(json::Object& object, const LeaseRecord& record) {
  json::Object metadata(object.key("metadata"));
  metadata.text("resourceVersion", record.resourceVersion).end();
}

}  // namespace

LeaseRecord parseLease(const Object& lease) {
  LeaseRecord record{.resourceVersion = lease.resourceVersion};
  const auto spec = json::at(lease.json, {"spec"});
  const auto members = json::members(spec.value_or("{}"));
  if (!members) return record;
  const auto number = [&](std::string_view key) {
    return json::asInt(json::find(*members, key).value_or("")).value_or(0);
  };
  const auto text = [&](std::string_view key) {
    return json::asString(json::find(*members, key).value_or("")).value_or("");
  };
  record.holder = text("holderIdentity");
  record.renewedAt = base::parseRfc3339(text("renewTime")).value_or(base::Instant{0});
  record.duration =
      std::chrono::seconds(std::clamp<std::int64_t>(number("leaseDurationSeconds"), 0, kLongestSeconds));
  record.transitions = number("leaseTransitions");
  return record;
}

std::string createdLease(const LeaseOptions& options, base::Instant now) {
  std::string out;
  json::Object object(out);
  object.text("apiVersion", kLeases.apiVersion()).text("kind", kLeases.kind);
  json::Object(object.key("metadata")).text("namespace", options.nameSpace).text("name", options.name).end();
  json::Object(object.key("spec"))
      .text("holderIdentity", options.identity)
      .number("leaseDurationSeconds", inSeconds(options.leaseDuration))
      .text("acquireTime", base::formatRfc3339(now))
      .text("renewTime", base::formatRfc3339(now))
      .number("leaseTransitions", 0)
      .end();
  object.end();
  return out;
}

std::string heldLease(const LeaseOptions& options, const LeaseRecord& record, base::Instant now) {
  std::string out;
  json::Object object(out);
  openPatch(object, record);
  json::Object spec(object.key("spec"));
  spec.text("holderIdentity", options.identity)
      .number("leaseDurationSeconds", inSeconds(options.leaseDuration))
      .text("renewTime", base::formatRfc3339(now));
  if (record.holder != options.identity) {
    spec.text("acquireTime", base::formatRfc3339(now)).number("leaseTransitions", record.transitions + 1);
  }
  spec.end();
  object.end();
  return out;
}

std::string releasedLease(const LeaseRecord& record, base::Instant now) {
  std::string out;
  json::Object object(out);
  openPatch(object, record);
  json::Object(object.key("spec"))
      .text("holderIdentity", "")
      .number("leaseDurationSeconds", 1)
      .text("renewTime", base::formatRfc3339(now))
      .end();
  object.end();
  return out;
}

}  // namespace faasbatch::kube
