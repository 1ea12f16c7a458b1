#include "operator/manager/webhook_server.h"

#include "lib/telemetry/log.h"
#include "operator/admission/review.h"

namespace faasbatch::manager {
namespace {

net::Response plain(int status, std::string text) {
  net::Response response{.status = status, .body = std::move(text)};
  response.headers.add("Content-Type", "text/plain; charset=utf-8");
  return response;
}

class Serving final : public WebhookServer {
 public:
  Serving(net::EventLoop& loop, const net::Endpoint& endpoint, telemetry::Registry& metrics)
      : loop_(loop),
        endpoint_(endpoint),
        answered_(metrics.counter("faasbatch_admission_reviews_total", "Admission reviews answered.",
                                  {{"result", "answered"}})),
        invalid_(metrics.counter("faasbatch_admission_reviews_total", "Admission reviews answered.",
                                 {{"result", "invalid"}})),
        seconds_(metrics.histogram("faasbatch_admission_review_seconds", "Compiling and answering.",
                                   telemetry::latencyBuckets())) {}

  base::Result<void> serve(const crypto::KeyPair& pair) override {
    const net::TlsServerOptions options{.certificatePem = pair.certificatePem, .keyPem = pair.keyPem};
    if (context_) return context_->replace(options);
    auto context = net::TlsServerContext::make(options);
    if (!context) return std::unexpected(context.error());
    auto server = net::Server::listen(
        loop_, endpoint_, {.maxBodyBytes = kMaxReviewBytes},
        [this](const net::Request& request, net::Responder responder) { responder.send(answer(request)); },
        nullptr, *context);
    if (!server) return std::unexpected(server.error());
    context_ = std::move(*context);
    server_ = std::move(*server);
    return {};
  }

  bool serving() const override { return server_ != nullptr; }
  net::Endpoint endpoint() const override { return server_ ? server_->endpoint() : endpoint_; }

  void drain(base::Instant deadline, std::move_only_function<void()> done) override {
    if (!server_) return loop_.post(std::move(done));
    server_->drain(deadline, std::move(done));
  }

 private:
  net::Response answer(const net::Request& request) {
    if (request.path() != kValidatePath)
      return plain(404, "there is only POST " + std::string(kValidatePath));
    if (request.method != "POST") return plain(405, "POST an AdmissionReview");
    const base::Instant began = loop_.now();
    base::Result<std::string> review = admission::answerReview(request.body);
    if (!review) {
      invalid_.add();
      return plain(400, review.error().message);
    }
    answered_.add();
    seconds_.observe(base::toMillis(loop_.now() - began) / 1000);
    net::Response response{.body = std::move(*review)};
    response.headers.add("Content-Type", "application/json");
    return response;
  }

  net::EventLoop& loop_;
  const net::Endpoint endpoint_;
  telemetry::Counter& answered_;
  telemetry::Counter& invalid_;
  telemetry::Histogram& seconds_;
  std::shared_ptr<net::TlsServerContext> context_;
  std::unique_ptr<net::Server> server_;
};

}  // namespace

std::unique_ptr<WebhookServer> WebhookServer::make(net::EventLoop& loop, const net::Endpoint& endpoint,
                                                   telemetry::Registry& metrics) {
  return std::make_unique<Serving>(loop, endpoint, metrics);
}

}  // namespace faasbatch::manager
