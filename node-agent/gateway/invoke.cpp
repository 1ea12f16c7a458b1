// POST .../invocations: run a workflow or one of its functions, and wait or not.
#include <memory>
#include <utility>

#include "lib/json/check.h"
#include "lib/json/write.h"
#include "node-agent/gateway/gateway.h"
#include "node-agent/gateway/media.h"
#include "node-agent/gateway/prefer.h"
#include "node-agent/gateway/problem.h"
#include "node-agent/gateway/receipt_header.h"

namespace faasbatch::gateway {
namespace {

net::Response answerOf(const runs::Outcome& outcome) {
  net::Response response = outcome.status == engine::RunStatus::kSucceeded
                               ? jsonResponse(200, std::string(outcome.output.view()))
                               : problemOf(outcome);
  response.headers.add("Invocation-Id", outcome.id);
  response.headers.add("Server-Timing", serverTiming(outcome.receipt));
  return response;
}

// `taken`: from the request to its acceptance, the disk included.
net::Response acceptedResponse(const std::string& nameSpace, const std::string& id, base::Duration taken) {
  std::string body;
  json::Object object(body);
  object.text("id", id).text("status", "Pending").end();
  net::Response response = jsonResponse(202, std::move(body));
  response.headers.add("Location", "/v1/namespaces/" + nameSpace + "/invocations/" + id);
  response.headers.add("Invocation-Id", id);
  calls::Receipt receipt;
  receipt.engine = taken;
  response.headers.add("Server-Timing", serverTiming(receipt));
  return response;
}

// One caller of a run: answered once, by whichever comes first.
struct Caller {
  net::Responder responder;
  bool answered = false;
  base::TimerId timer = 0;
  std::string nameSpace;
  base::Instant begun;
  Preference preference;

  void answer(net::Response response) {
    if (std::exchange(answered, true)) return;
    responder.send(std::move(response));
  }
  // With what of the preference it follows.
  void answerAsPreferred(net::Response response) {
    if (std::string applied = preferenceApplied(preference, response.status == 202); !applied.empty())
      response.headers.add("Preference-Applied", std::move(applied));
    answer(std::move(response));
  }
};

// The input, or what is wrong with the request.
std::expected<base::Payload, net::Response> readInput(net::Request& request) {
  if (auto refused = refusedEncoding(request.headers)) return std::unexpected(std::move(*refused));
  const auto type = request.headers.find("Content-Type");
  if (type && !request.body.empty() && !isJsonMedia(*type)) {
    return std::unexpected(unsupportedMedia("Accept", "application/json",
                                            "the body is " + std::string(*type) + ": send application/json"));
  }
  if (request.body.empty()) return base::Payload();
  if (auto checked = json::check(request.body); !checked) return std::unexpected(problemOf(checked.error()));
  return base::Payload(std::move(request.body));
}

// The idempotency key, empty where there is none, or what is wrong with it.
std::expected<std::string, net::Response> readKey(const net::Headers& headers) {
  std::optional<std::string> key;
  for (const auto& [name, value] : headers) {
    if (!net::sameName(name, "Idempotency-Key")) continue;
    if (key)
      return std::unexpected(problem(400, "InvalidRequest", "several Idempotency-Key headers: send one"));
    if (value.empty() || value.size() > kMaxIdempotencyKeyBytes) {
      return std::unexpected(problem(400, "InvalidRequest",
                                     "Idempotency-Key has " + std::to_string(value.size()) +
                                         " bytes: use 1 to " + std::to_string(kMaxIdempotencyKeyBytes)));
    }
    key = value;
  }
  return key.value_or("");
}

}  // namespace

void Gateway::invoke(const Route& route, net::Request& request, net::Responder responder) {
  auto input = readInput(request);
  if (!input) return responder.send(std::move(input.error()));
  runs::Invocation invocation;
  invocation.nameSpace = route.nameSpace;
  invocation.workflow = route.workflow;
  if (route.resource == Resource::kFunctionInvocations) invocation.function = route.function;
  invocation.input = std::move(*input);
  auto key = readKey(request.headers);
  if (!key) return responder.send(std::move(key.error()));
  invocation.idempotencyKey = std::move(*key);
  const Preference preference = preferenceOf(request.headers);
  invocation.async = preference.respondAsync;
  invocation.settled = request.headers.find(forwarding::kSettledHeader).has_value();

  auto caller = std::make_shared<Caller>(std::move(responder));
  caller->nameSpace = route.nameSpace;
  caller->begun = loop_.now();
  caller->preference = preference;
  runs::InvokeCallbacks callbacks;
  callbacks.onAccepted = [this, caller, preference](base::Result<std::string> id) {
    if (!id) return caller->answer(problemOf(id.error()));
    if (!preference.respondAsync) return;
    if (!preference.wait || preference.wait->count() == 0) {
      return caller->answerAsPreferred(acceptedResponse(caller->nameSpace, *id, loop_.now() - caller->begun));
    }
    caller->timer = loop_.after(*preference.wait, [this, caller, id = *id] {
      caller->answerAsPreferred(acceptedResponse(caller->nameSpace, id, loop_.now() - caller->begun));
    });
  };
  if (!preference.respondAsync || preference.wait) {
    callbacks.onEnded = [this, caller](const runs::Outcome& outcome) {
      loop_.cancel(caller->timer);
      caller->answerAsPreferred(answerOf(outcome));
    };
  }
  if (elsewhere_ && !invocation.idempotencyKey.empty()) {
    callbacks.onElsewhere = [this, caller, asked = std::move(request),
                             input = invocation.input](const std::string& node) mutable {
      asked.body = input.view();
      asked.headers.add(std::string(forwarding::kSettledHeader), "true");
      elsewhere_->forwarder.pass({node}, std::move(asked), std::move(caller->responder), nullptr);
    };
  }
  begin(route, std::move(invocation), std::move(callbacks));
}

void Gateway::begin(const Route& route, runs::Invocation invocation, runs::InvokeCallbacks callbacks) {
  if (directory_ == nullptr) return runs_.invoke(std::move(invocation), std::move(callbacks));
  directory_->need(route.nameSpace, route.workflow,
                   [this, invocation = std::move(invocation),
                    callbacks = std::move(callbacks)](const base::Result<void>& needed) mutable {
                     if (!needed) return callbacks.onAccepted(std::unexpected(needed.error()));
                     runs_.invoke(std::move(invocation), std::move(callbacks));
                   });
}

}  // namespace faasbatch::gateway
