// The invocations resource: records, lists, logs, cancellation.
#include <algorithm>
#include <charconv>
#include <memory>
#include <utility>

#include "lib/base/ids.h"
#include "node-agent/engine/record.h"
#include "node-agent/gateway/gateway.h"
#include "node-agent/gateway/prefer.h"
#include "node-agent/gateway/problem.h"

namespace faasbatch::gateway {
namespace {

net::Response notFound(const Route& route) {
  return problem(404, "InvocationNotFound",
                 "there is no invocation \"" + route.id + "\" in namespace \"" + route.nameSpace +
                     "\": it may have been dropped by age or number");
}

bool isStatus(std::string_view text) {
  using enum engine::RunStatus;
  return std::ranges::any_of(
      std::initializer_list{kPending, kRunning, kSucceeded, kFailed, kCancelled, kTimedOut},
      [text](engine::RunStatus status) { return text == engine::name(status); });
}

// The query of a list, or what is wrong with it.
std::expected<journal::ListQuery, net::Response> readQuery(const Route& route, std::string_view query) {
  journal::ListQuery list;
  list.nameSpace = route.nameSpace;
  list.workflow = net::queryParameter(query, "workflow").value_or("");
  list.status = net::queryParameter(query, "status").value_or("");
  list.beforeId = net::queryParameter(query, "continue").value_or("");
  list.limit = kDefaultListLimit;
  if (!list.beforeId.empty() && !base::markOf(list.beforeId)) {
    return std::unexpected(problem(
        400, "InvalidRequest", "continue \"" + list.beforeId + "\" is not what a list gave as `continue`"));
  }
  if (!list.status.empty() && !isStatus(list.status)) {
    return std::unexpected(problem(400, "InvalidRequest",
                                   "status \"" + list.status +
                                       "\" is not one of Pending, Running, Succeeded, Failed, "
                                       "Cancelled, TimedOut"));
  }
  if (const auto limit = net::queryParameter(query, "limit")) {
    const auto [end, error] = std::from_chars(limit->data(), limit->data() + limit->size(), list.limit);
    if (error != std::errc() || end != limit->data() + limit->size() || list.limit == 0) {
      return std::unexpected(
          problem(400, "InvalidRequest",
                  "limit \"" + *limit + "\" is not a number from 1 to " + std::to_string(kMaxListLimit)));
    }
    list.limit = std::min(list.limit, kMaxListLimit);
  }
  return list;
}

}  // namespace

void Gateway::getInvocation(const Route& route, const net::Request& request, net::Responder responder) {
  const auto text = net::queryParameter(request.query(), "wait");
  if (!text) return sendRecord(route, std::move(responder));
  const auto wait = parseWait(*text);
  if (!wait) {
    return responder.send(
        problem(400, "InvalidRequest", "wait \"" + *text + "\" is not a number of seconds"));
  }
  auto shared = std::make_shared<net::Responder>(std::move(responder));
  runs_.wait(route.nameSpace, route.id, loop_.now() + *wait,
             [this, route, shared](bool) { sendRecord(route, std::move(*shared)); });
}

void Gateway::sendRecord(const Route& route, net::Responder responder) {
  auto shared = std::make_shared<net::Responder>(std::move(responder));
  runs_.record(route.nameSpace, route.id, [route, shared](base::Result<std::optional<std::string>> record) {
    if (!record) return shared->send(problemOf(record.error()));
    shared->send(*record ? jsonResponse(200, std::move(**record)) : notFound(route));
  });
}

void Gateway::listInvocations(const Route& route, const net::Request& request, net::Responder responder) {
  auto query = readQuery(route, request.query());
  if (!query) return responder.send(std::move(query.error()));
  auto shared = std::make_shared<net::Responder>(std::move(responder));
  runs_.list(std::move(*query), [shared](base::Result<std::string> list) {
    shared->send(list ? jsonResponse(200, std::move(*list)) : problemOf(list.error()));
  });
}

void Gateway::listEverywhere(const Route& route, const net::Request& request, net::Responder responder) {
  auto query = readQuery(route, request.query());
  if (!query) return responder.send(std::move(query.error()));
  const std::size_t limit = query->limit;
  runs_.list(std::move(*query), [this, limit, asked = net::Request{request.method, request.target, {}, ""},
                                 responder = std::move(responder)](base::Result<std::string> own) mutable {
    elsewhere_->forwarder.list(asked, limit, std::move(own), std::move(responder));
  });
}

void Gateway::cancelInvocation(const Route& route, net::Responder responder) {
  auto shared = std::make_shared<net::Responder>(std::move(responder));
  runs_.cancel(route.nameSpace, route.id, [this, route, shared](bool cancelled) {
    runs_.record(route.nameSpace, route.id,
                 [route, cancelled, shared](base::Result<std::optional<std::string>> record) {
                   if (!record) return shared->send(problemOf(record.error()));
                   // An invocation that has ended stays as it is; asking again is no error.
                   if (!*record) return shared->send(notFound(route));
                   shared->send(jsonResponse(cancelled ? 202 : 200, std::move(**record)));
                 });
  });
}

void Gateway::getLogs(const Route& route, net::Responder responder) {
  auto shared = std::make_shared<net::Responder>(std::move(responder));
  runs_.logs(route.nameSpace, route.id, [route, shared](base::Result<std::optional<std::string>> logs) {
    if (!logs) return shared->send(problemOf(logs.error()));
    if (!*logs) return shared->send(notFound(route));
    net::Response response = jsonResponse(200, std::move(**logs));
    response.headers = {};
    response.headers.add("Content-Type", "application/jsonl");
    shared->send(std::move(response));
  });
}

}  // namespace faasbatch::gateway
