#include "runtime/supervisor/shared_clients.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "lib/json/check.h"
#include "lib/json/members.h"
#include "lib/json/write.h"

namespace faasbatch::supervisor {
namespace {

constexpr int kListDepth = 8;

std::int64_t count(const std::vector<json::Member>& members, std::string_view key) {
  return std::max<std::int64_t>(0, json::asInt(json::find(members, key).value_or("0")).value_or(0));
}

std::int64_t sum(std::int64_t a, std::int64_t b) {
  return a > std::numeric_limits<std::int64_t>::max() - b ? std::numeric_limits<std::int64_t>::max() : a + b;
}

}  // namespace

base::Result<SharedClients::Counts> SharedClients::read(std::string_view list) {
  if (auto checked = json::check(list, kListDepth); !checked)
    return base::fail("BadFrame", checked.error().message);
  const auto elements = json::elements(list);
  if (!elements) return base::fail("BadFrame", elements.error().message);
  Counts counts;
  for (const std::string_view element : *elements) {
    const auto members = json::members(element);
    if (!members) return base::fail("BadFrame", members.error().message);
    const auto name = json::asString(json::find(*members, "constructor").value_or("null"));
    if (!name) return base::fail("BadFrame", "a shared client has no constructor");
    add(counts,
        {{*name, {count(*members, "made"), count(*members, "reused"), count(*members, "savedBytes")}}});
  }
  return counts;
}

void SharedClients::add(Counts& sums, const Counts& more) {
  for (const auto& [name, one] : more) {
    if (name.size() > kMaxConstructorNameBytes) continue;
    if (sums.size() >= kMaxSharedConstructors && !sums.contains(name)) continue;
    Count& total = sums[name];
    total = {sum(total.made, one.made), sum(total.reused, one.reused), sum(total.savedBytes, one.savedBytes)};
  }
}

base::Result<void> SharedClients::replace(std::string_view list) {
  auto counts = read(list);
  if (!counts) return std::unexpected(counts.error());
  worker_ = std::move(*counts);
  return {};
}

base::Result<void> SharedClients::add(std::string_view list) {
  const auto counts = read(list);
  if (!counts) return std::unexpected(counts.error());
  add(children_, *counts);
  return {};
}

std::string SharedClients::list() const {
  Counts totals = worker_;
  add(totals, children_);
  std::string out;
  json::appendList(out, totals, [](std::string& to, const auto& total) {
    json::Object(to)
        .text("constructor", total.first)
        .number("made", total.second.made)
        .number("reused", total.second.reused)
        .number("savedBytes", total.second.savedBytes)
        .end();
  });
  return out;
}

}  // namespace faasbatch::supervisor
