#include "operator/admin/listener.h"

#include <cpprest/http_listener.h>
#include <pplx/threadpool.h>

#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace faasbatch::admin {
namespace {

namespace http = web::http;
using http::experimental::listener::http_listener;

constexpr auto kRetryAfterSeconds = "1";

http::http_response responseOf(Answer answer) {
  http::http_response response(static_cast<http::status_code>(answer.status));
  if (answer.status == http::status_codes::ServiceUnavailable)
    response.headers().add("Retry-After", kRetryAfterSeconds);
  if (answer.status == http::status_codes::Unauthorized) response.headers().add("WWW-Authenticate", "Bearer");
  response.set_body(std::move(answer.body), answer.type);
  return response;
}

Question questionOf(const http::http_request& request) {
  Question question{.method = request.method()};
  const auto authorization = request.headers().find("Authorization");
  if (authorization != request.headers().end()) question.authorization = authorization->second;
  try {
    question.path = web::uri::decode(request.request_uri().path());
  } catch (const std::exception&) {
    question.path.clear();  // there is none such
  }
  return question;
}

// Requests that wait for their answer, and answers that are being sent.
class Waiting : public std::enable_shared_from_this<Waiting> {
 public:
  // Nothing where there are too many: answered already.
  std::optional<std::uint64_t> add(const http::http_request& request) {
    {
      const std::lock_guard lock(mutex_);
      if (!closed_ && waiting_.size() + sending_ < kMaxRequests) {
        waiting_.emplace(++last_, request);
        return last_;
      }
    }
    send(request, problem(503, "TooManyRequests", "too many requests at once: try again"));
    return std::nullopt;
  }

  void reply(std::uint64_t id, Answer answer) {
    std::unique_lock lock(mutex_);
    const auto found = waiting_.find(id);
    if (found == waiting_.end()) return;
    const http::http_request request = found->second;
    waiting_.erase(found);
    ++sending_;
    lock.unlock();
    send(request, std::move(answer)).then([self = shared_from_this()] {
      const std::lock_guard guard(self->mutex_);
      --self->sending_;
    });
  }

  // Nobody waits any more, nor ever will.
  void close() {
    std::unique_lock lock(mutex_);
    closed_ = true;
    const auto left = std::exchange(waiting_, {});
    lock.unlock();
    for (const auto& [id, request] : left)
      send(request, problem(503, "Stopping", "this operator ends")).wait();
  }

 private:
  static pplx::task<void> send(const http::http_request& request, Answer answer) {
    return request.reply(responseOf(std::move(answer))).then([](const pplx::task<void>& done) {
      try {
        done.get();
      } catch (const std::exception&) {
        // The client has gone.
      }
    });
  }

  std::mutex mutex_;
  bool closed_ = false;
  std::uint64_t last_ = 0;
  std::size_t sending_ = 0;
  std::map<std::uint64_t, http::http_request> waiting_;
};

class Listening final : public Listener {
 public:
  Listening(const web::uri& uri, Ask ask) : ask_(std::move(ask)), listener_(uri) {
    listener_.support([this](const http::http_request& request) {
      const auto id = waiting_->add(request);
      if (!id) return;
      ask_(questionOf(request),
           [waiting = waiting_, id = *id](Answer answer) { waiting->reply(id, std::move(answer)); });
    });
    listener_.open().wait();
  }
  ~Listening() override {
    waiting_->close();
    try {
      listener_.close().wait();
    } catch (const std::exception&) {
      // It is going anyway.
    }
  }
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;

 private:
  Ask ask_;
  std::shared_ptr<Waiting> waiting_ = std::make_shared<Waiting>();
  http_listener listener_;
};

}  // namespace

std::unique_ptr<Listener> Listener::listen(const std::string& address, std::uint16_t port, Ask ask,
                                           std::string& why) {
  static std::once_flag pool;
  std::call_once(pool, [] { crossplat::threadpool::initialize_with_threads(kThreads); });
  try {
    web::uri_builder uri;
    uri.set_scheme("http").set_host(address).set_port(port);
    return std::make_unique<Listening>(uri.to_uri(), std::move(ask));
  } catch (const std::exception& e) {
    why = e.what();
    return nullptr;
  }
}

}  // namespace faasbatch::admin
