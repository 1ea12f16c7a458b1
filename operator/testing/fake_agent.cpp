#include "operator/testing/fake_agent.h"

#include <algorithm>
#include <stdexcept>

namespace faasbatch::operators::testing {
namespace {

std::string parameter(const net::Request& request, std::string_view name) {
  return net::queryParameter(request.query(), name).value_or("");
}

}  // namespace

FakeAgent::FakeAgent(std::string node, std::shared_ptr<net::TlsServerContext> tls, const std::string& host)
    : node_(std::move(node)) {
  report_ = {.node = node_, .version = "test", .incarnation = "1", .sequence = 1, .maxPods = 10};
  thread_.on([&] {
    auto server = net::Server::listen(
        thread_.loop(), {.host = host}, {},
        [this](const net::Request& request, net::Responder responder) {
          handle(request, std::move(responder));
        },
        nullptr, std::move(tls));
    if (!server) throw std::runtime_error(server.error().message);
    server_ = std::move(*server);
    port_ = server_->endpoint().port;
  });
}

FakeAgent::~FakeAgent() {
  thread_.on([this] {
    for (Waiting& waiting : waiting_) thread_.loop().cancel(waiting.timer);
    waiting_.clear();
    silent_.clear();
    server_.reset();
  });
}

void FakeAgent::send(net::Responder& responder) const {
  net::Response response{.body = cluster::toJson(report_)};
  if (mood_ == Mood::kRefuses) response = {.status = 401};
  if (mood_ == Mood::kGarbage) response.body = R"({"node": )";
  responder.send(std::move(response));
}

void FakeAgent::handle(const net::Request& request, net::Responder responder) {
  ++requests_;
  secret_ = request.headers.find("Authorization").value_or("");
  if (mood_ == Mood::kSilent) return silent_.push_back(std::move(responder));
  const bool news = parameter(request, "after") != std::to_string(report_.sequence) ||
                    parameter(request, "incarnation") != report_.incarnation;
  if (news || mood_ != Mood::kWell) return send(responder);
  const auto entry = waiting_.insert(waiting_.end(), {std::move(responder)});
  entry->timer =
      thread_.loop().after(std::chrono::seconds(std::stoi(parameter(request, "wait"))), [this, entry] {
        send(entry->responder);
        waiting_.erase(entry);
      });
}

void FakeAgent::tell() {
  for (Waiting& waiting : waiting_) {
    thread_.loop().cancel(waiting.timer);
    send(waiting.responder);
  }
  waiting_.clear();
}

void FakeAgent::change(const std::function<void(cluster::Report&)>& edit) {
  thread_.on([&] {
    edit(report_);
    ++report_.sequence;
    tell();
  });
}

void FakeAgent::serve(cluster::WorkflowReport workflow) {
  change([&](cluster::Report& report) {
    std::erase_if(report.workflows, [&](const cluster::WorkflowReport& other) {
      return other.name == workflow.name && other.nameSpace == workflow.nameSpace;
    });
    report.workflows.push_back(std::move(workflow));
  });
}

void FakeAgent::restart() {
  change([](cluster::Report& report) {
    report.incarnation += "1";
    report.sequence = 0;
    report.workflows.clear();
  });
}

void FakeAgent::setMood(Mood mood) {
  thread_.on([&] {
    mood_ = mood;
    silent_.clear();
    tell();
  });
}

std::size_t FakeAgent::requests() {
  return thread_.on([this] { return requests_; });
}

std::string FakeAgent::lastSecret() {
  return thread_.on([this] { return secret_; });
}

}  // namespace faasbatch::operators::testing
