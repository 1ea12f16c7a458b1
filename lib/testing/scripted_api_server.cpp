#include "lib/testing/scripted_api_server.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "lib/json/write.h"

namespace faasbatch::testing {
namespace {

net::Response toResponse(ApiAnswer answer) {
  net::Response response{.status = answer.status, .headers = {}, .body = std::move(answer.body)};
  response.headers.add("Content-Type", "application/json");
  return response;
}

std::string parameter(const net::Request& request, std::string_view name) {
  return net::queryParameter(request.query(), name).value_or("");
}

std::int64_t numberIn(const std::string& text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

ApiSelection selectionOf(const net::Request& request) {
  const std::string_view accept = request.headers.find("Accept").value_or("");
  return {.labels = parameter(request, "labelSelector"),
          .fields = parameter(request, "fieldSelector"),
          .metadataOnly = accept.contains("as=PartialObjectMetadata")};
}

std::string eventLine(std::string_view type, std::string_view object) {
  return R"({"type":")" + std::string(type) + R"(","object":)" + std::string(object) + "}\n";
}

ApiPath parsed(const std::string& path) {
  auto taken = ApiPath::parse(path);
  if (taken) return *taken;
  std::fprintf(stderr, "no path of the API: %s\n", path.c_str());
  std::abort();
}

std::string mustSucceed(ApiAnswer answer) {
  if (answer.status < 300) return std::move(answer.body);
  std::fprintf(stderr, "the test's own write failed: %s\n", answer.body.c_str());
  std::abort();
}

}  // namespace

ScriptedApiServer::ScriptedApiServer() {
  thread_.on([this] {
    const net::Endpoint loopback{
        .kind = net::Endpoint::Kind::kTcp, .host = "127.0.0.1", .port = 0, .path = {}};
    server_ = std::move(net::Server::listen(thread_.loop(), loopback, {},
                                            [this](net::Request request, net::Responder responder) {
                                              handle(std::move(request), std::move(responder));
                                            })
                            .value());
    url_ = "http://" + server_->endpoint().describe();
  });
}

ScriptedApiServer::~ScriptedApiServer() {
  thread_.on([this] {
    watches_.clear();
    silent_.clear();
    server_ = nullptr;
  });
}

void ScriptedApiServer::handle(net::Request request, net::Responder responder) {
  const std::string line = request.method + " " + request.target;
  std::string_view token = request.headers.find("Authorization").value_or("");
  if (token.starts_with("Bearer ")) token.remove_prefix(7);
  seen_.push_back({request.method, request.target, std::string(token), request.body,
                   std::string(request.headers.find("Accept").value_or(""))});
  if (!accepted_.empty() && !token.empty() && token != accepted_)
    return responder.send(toResponse(apiFailure(401, "Unauthorized", "Unauthorized")));
  for (auto rule = rules_.begin(); rule != rules_.end(); ++rule) {
    if (!line.contains(rule->what)) continue;
    const ApiFault fault = rule->fault;
    if (--rule->left == 0) rules_.erase(rule);
    return meet(fault, request, std::move(responder));
  }
  const auto path = ApiPath::parse(request.path());
  if (!path) return responder.send(toResponse({.body = R"({"major":"1","minor":"34"})"}));
  if (!parameter(request, "watch").empty()) return openWatch(request, *path, std::move(responder));
  responder.send(toResponse(answer(request, *path)));
  tell();
}

void ScriptedApiServer::meet(const ApiFault& fault, const net::Request& request, net::Responder responder) {
  const auto path = ApiPath::parse(request.path());
  switch (fault.kind) {
    case ApiFault::Kind::kAnswer:
      return responder.send(fault.response);
    case ApiFault::Kind::kCut: {
      const std::string body = path ? answer(request, *path).body : "";
      responder.begin(200, {});
      responder.write(body.substr(0, body.size() / 2));
      abortSoon(std::move(responder));
      return tell();
    }
    case ApiFault::Kind::kSilent:
      silent_.push_back(std::move(responder));
      return;
    case ApiFault::Kind::kStream:
      responder.begin(200, fault.response.headers);
      responder.write(fault.response.body);
      silent_.push_back(std::move(responder));
      return;
  }
}

// When what was written is on its way: a client that has not seen a byte might ask again by itself.
void ScriptedApiServer::abortSoon(net::Responder responder) {
  if (responder.closed()) return;
  if (responder.buffered() == 0) return responder.abort();
  silent_.push_front(std::move(responder));
  thread_.loop().after(std::chrono::milliseconds(1), [this] {
    net::Responder next = std::move(silent_.front());
    silent_.pop_front();
    abortSoon(std::move(next));
  });
}

ApiAnswer ScriptedApiServer::answer(const net::Request& request, const ApiPath& path) {
  const std::string& method = request.method;
  if (method == "GET" && !path.name.empty()) return objects_.get(path, selectionOf(request));
  if (method == "GET") {
    const auto limit = static_cast<std::size_t>(numberIn(parameter(request, "limit")));
    return objects_.list(path, selectionOf(request), limit, parameter(request, "continue"));
  }
  if (method == "POST") return objects_.create(path, request.body);
  if (method == "PUT") return objects_.replace(path, request.body);
  if (method == "PATCH") {
    return objects_.patch(path, request.headers.find("Content-Type").value_or(""), request.body);
  }
  if (method == "DELETE") return objects_.remove(path, request.body);
  return apiFailure(405, "MethodNotAllowed", method);
}

void ScriptedApiServer::openWatch(const net::Request& request, const ApiPath& path,
                                  net::Responder responder) {
  const std::int64_t from = numberIn(parameter(request, "resourceVersion"));
  if (from < 0 || !objects_.since(from)) {
    return responder.send(toResponse(apiFailure(410, "Expired", "too old resource version")));
  }
  net::Headers headers;
  headers.add("Content-Type", "application/json");
  responder.begin(200, std::move(headers));
  watches_.push_back({path, selectionOf(request), from, std::move(responder)});
  tell();
}

void ScriptedApiServer::tell() {
  std::erase_if(watches_, [](const Watch& watch) { return watch.responder.closed(); });
  for (Watch& watch : watches_) {
    const auto changes = objects_.since(std::exchange(watch.told, objects_.version()));
    for (const ApiChange& change : changes.value_or(std::vector<ApiChange>())) {
      const bool here = watch.path.nameSpace.empty() || watch.path.nameSpace == change.path.nameSpace;
      if (change.path.kind != watch.path.kind || !here || !watch.selection.matches(change.object)) continue;
      watch.responder.write(eventLine(change.type, watch.selection.shown(change.object)));
    }
  }
}

std::string ScriptedApiServer::add(const std::string& path, const std::string& json) {
  return thread_.on([&] {
    std::string made = mustSucceed(objects_.create(parsed(path), json));
    tell();
    return made;
  });
}

std::string ScriptedApiServer::merge(const std::string& path, const std::string& patch) {
  return thread_.on([&] {
    std::string made = mustSucceed(objects_.patch(parsed(path), "application/merge-patch+json", patch));
    tell();
    return made;
  });
}

void ScriptedApiServer::remove(const std::string& path) {
  thread_.on([&] {
    mustSucceed(objects_.remove(parsed(path), ""));
    tell();
  });
}

std::string ScriptedApiServer::get(const std::string& path) {
  return thread_.on([&] {
    ApiAnswer answer = objects_.get(parsed(path), {});
    return answer.status == 200 ? std::move(answer.body) : std::string();
  });
}

void ScriptedApiServer::script(const std::string& what, ApiFault fault, int times) {
  thread_.on([&] { rules_.push_back({what, std::move(fault), times}); });
}

void ScriptedApiServer::clearScript() {
  thread_.on([this] { rules_.clear(); });
}

void ScriptedApiServer::acceptOnly(const std::string& token) {
  thread_.on([&] { accepted_ = token; });
}

ApiFault ScriptedApiServer::failure(int status, const std::string& reason, const std::string& message,
                                    const std::string& retryAfter) {
  ApiFault fault{.response = toResponse(apiFailure(status, reason, message))};
  if (!retryAfter.empty()) fault.response.headers.add("Retry-After", retryAfter);
  return fault;
}

void ScriptedApiServer::compact() {
  thread_.on([this] { objects_.compact(); });
}

void ScriptedApiServer::bookmark() {
  thread_.on([this] {
    const std::string version = std::to_string(objects_.version());
    for (Watch& watch : watches_) {
      watch.responder.write(
          eventLine("BOOKMARK", R"({"kind":"Bookmark","metadata":{"resourceVersion":")" + version + "\"}}"));
    }
  });
}

void ScriptedApiServer::say(const std::string& line) {
  thread_.on([&] {
    for (Watch& watch : watches_) watch.responder.write(line);
  });
}

void ScriptedApiServer::endWatches() {
  thread_.on([this] {
    for (Watch& watch : watches_) watch.responder.end();
    watches_.clear();
  });
}

void ScriptedApiServer::cutWatches(const std::string& half) {
  thread_.on([&] {
    for (Watch& watch : watches_) {
      watch.responder.write(half);
      watch.responder.abort();
    }
    watches_.clear();
  });
}

std::size_t ScriptedApiServer::watches() {
  return thread_.on([this] {
    std::erase_if(watches_, [](const Watch& watch) { return watch.responder.closed(); });
    return watches_.size();
  });
}

std::vector<ScriptedApiServer::Seen> ScriptedApiServer::seen() {
  return thread_.on([this] { return seen_; });
}

std::size_t ScriptedApiServer::count(const std::string& what) {
  return thread_.on([&] {
    return static_cast<std::size_t>(std::ranges::count_if(
        seen_, [&](const Seen& request) { return (request.method + " " + request.target).contains(what); }));
  });
}

}  // namespace faasbatch::testing
