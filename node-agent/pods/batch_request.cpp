#include "node-agent/pods/batch_request.h"

#include <algorithm>
#include <chrono>

#include "lib/json/write.h"

namespace faasbatch::pods {
namespace {

constexpr std::size_t kMaxOutputBytes = 6 << 20;
constexpr std::size_t kMaxLogBytes = 256 << 10;

std::int64_t millis(base::Duration d) { return std::chrono::ceil<std::chrono::milliseconds>(d).count(); }

std::string_view modeName(workflow::ConcurrencyMode mode) {
  switch (mode) {
    case workflow::ConcurrencyMode::kThreads:
      return "Threads";
    case workflow::ConcurrencyMode::kProcesses:
      return "Processes";
    case workflow::ConcurrencyMode::kExclusive:
      return "Exclusive";
  }
  return "Threads";
}

std::string bindingsJson(const workflow::FunctionSpec& spec) {
  std::string out;
  json::appendList(out, spec.bindings, [](std::string& to, const workflow::Binding& binding) {
    json::Object object(to);
    object.text("name", binding.name);
    object.text("kind", binding.kind == workflow::Binding::Kind::kRedis ? "Redis" : "CouchDB");
    if (binding.secretName.empty()) {
      object.text("url", binding.url).end();
    } else {
      object.text("urlFile", bindingFolder(binding.name) + "/url").end();
    }
  });
  return out;
}

}  // namespace

bool hasTimeSlices(const workflow::FunctionSpec& spec) {
  return spec.batching.policy == workflow::BatchPolicy::kSfs &&
         spec.concurrency.mode == workflow::ConcurrencyMode::kProcesses;
}

void appendCallLine(std::string& out, const calls::Call& call, base::Duration timeLeft,
                    std::optional<base::Duration> slice) {
  json::Object line(out);
  line.text("id", std::to_string(call.id));
  line.text("invocation", call.invocationId).text("run", call.invocationId).text("step", call.step);
  json::appendNumbers(line.key("index"), call.index);
  line.number("attempt", call.attempt).number("timeoutMs", std::max<std::int64_t>(1, millis(timeLeft)));
  if (slice) {
    line.number("sliceUs",
                static_cast<std::int64_t>(std::chrono::ceil<std::chrono::microseconds>(*slice).count()));
  }
  if (call.isolate && !call.alone) line.boolean("isolate", true);
  const std::string_view input = call.input.view();
  if (input.find_first_of("\r\n") == std::string_view::npos) {
    line.raw("input", input);
  } else {
    line.raw("input", json::oneLine(input));
  }
  line.end();
  out += '\n';
}

std::string initBody(const calls::FunctionKey& key, const workflow::FunctionSpec& spec,
                     std::string_view source, const StoreAddress& store, const LoadTimes& times) {
  std::string out;
  json::Object body(out);
  body.text("function", key.describe()).text("digest", spec.digest).text("handler", spec.handler);
  body.raw("source", source).text("mode", modeName(spec.concurrency.mode)).number("limit", slotsOf(spec));
  if (hasTimeSlices(spec)) body.boolean("timeSlices", true);
  json::Object env(body.key("env"));
  for (const auto& [name, value] : spec.env) env.text(name, value);
  env.end();
  json::appendTexts(body.key("share"), spec.share);
  body.raw("bindings", bindingsJson(spec));
  body.raw("store", storeBody(key, store));
  body.number("loadTimeoutMs", millis(times.of(spec)));
  body.number("maxOutputBytes", kMaxOutputBytes).number("maxLogBytes", kMaxLogBytes).end();
  return out;
}

std::string storePrefix(const calls::FunctionKey& key) {
  return key.nameSpace + "/" + key.workflowName() + "/";
}

std::string storeBody(const calls::FunctionKey& key, const StoreAddress& store) {
  std::string out;
  json::Object object(out);
  object.text("kind", store.kind).text("url", store.url).text("prefix", storePrefix(key));
  if (!store.token.empty()) object.text("token", store.token);
  object.end();
  return out;
}

std::string bindingFolder(std::string_view binding) {
  return "/var/run/faasbatch/bindings/" + std::string(binding);
}

std::string cancelBody(std::span<const calls::CallId> ids, base::Duration grace) {
  std::string out = R"({"ids":[)";
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i > 0) out += ',';
    out.append("\"").append(std::to_string(ids[i])).append("\"");
  }
  out.append(R"(],"graceMs":)").append(std::to_string(millis(grace))).append("}");
  return out;
}

std::uint32_t slotsOf(const workflow::FunctionSpec& spec) {
  if (spec.concurrency.mode == workflow::ConcurrencyMode::kExclusive) return 1;
  return std::max<std::uint32_t>(1, spec.concurrency.limit);
}

}  // namespace faasbatch::pods
