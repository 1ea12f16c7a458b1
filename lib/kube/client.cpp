#include "lib/kube/client.h"

#include <string>
#include <unordered_map>
#include <utility>

#include "lib/kube/line_cutter.h"
#include "lib/kube/request.h"
#include "lib/kube/transport.h"
#include "lib/kube/wire.h"

namespace faasbatch::kube {
namespace {

constexpr base::Duration kWatchGrace = std::chrono::seconds(30);  // the server's own timeout comes first

// A watch under way. Kept by the callbacks of its stream, and by the client until it ends.
struct Watch {
  Client::WatchSink sink;
  LineCutter lines;
  Transport::StreamId stream = 0;
  std::optional<base::Instant> trickling;  // since then bytes have come, and no event was whole
  bool over = false;
};

std::string where(const net::Request& request) { return request.method + " " + std::string(request.path()); }

ApiError invalid(const std::string& where, const base::Error& error) {
  return {.reason = error.kind, .message = where + ": " + error.message};
}

class HttpClient final : public Client {
 public:
  HttpClient(base::Loop& loop, std::unique_ptr<Transport> transport, base::Duration watchIdle)
      : loop_(loop), transport_(std::move(transport)), watchIdle_(watchIdle) {}

  void get(const Resource& resource, const ObjectKey& key, Done<Object> done) override {
    object(getRequest(resource, key, Form::kWhole), Repeat::kSafe, Named::kYes, std::move(done));
  }
  void getMetadata(const Resource& resource, const ObjectKey& key, Done<Object> done) override {
    object(getRequest(resource, key, Form::kMetadata), Repeat::kSafe, Named::kYes, std::move(done));
  }

  void list(const Resource& resource, const Selection& selection, std::size_t limit, const std::string& next,
            Done<Page> done) override {
    call<Page>(
        listRequest(resource, selection, limit, next), Repeat::kSafe,
        [](net::Response& response) { return parsePage(response.body); }, std::move(done));
  }

  void table(const Resource& resource, const Selection& selection, const std::string& name, std::size_t limit,
             const std::string& next, Done<std::string> done) override {
    text(tableRequest(resource, selection, name, limit, next), std::move(done));
  }

  void create(const Resource& resource, const std::string& nameSpace, std::string json, WriteOptions options,
              Done<Object> done) override {
    object(createRequest(resource, nameSpace, std::move(json), options), Repeat::kOnce, Named::kNo,
           std::move(done));
  }
  void replace(const Resource& resource, const ObjectKey& key, std::string json, WriteOptions options,
               Done<Object> done) override {
    object(replaceRequest(resource, key, std::move(json), options), Repeat::kOnce, Named::kYes,
           std::move(done));
  }
  void patch(const Resource& resource, const ObjectKey& key, PatchType type, std::string body,
             WriteOptions options, Done<Object> done) override {
    const Repeat repeat = type == PatchType::kJson ? Repeat::kOnce : Repeat::kSafe;
    object(patchRequest(resource, key, type, std::move(body), options), repeat, Named::kYes, std::move(done));
  }
  void remove(const Resource& resource, const ObjectKey& key, DeleteOptions options,
              Done<void> done) override {
    transport_->call(deleteRequest(resource, key, options), Repeat::kSafe,
                     [done = std::move(done)](Result<net::Response> response) mutable {
                       done(response ? Result<void>() : std::unexpected(std::move(response.error())));
                     });
  }
  void raw(const std::string& path, Done<std::string> done) override {
    text(rawRequest(path), std::move(done));
  }

  WatchId watch(const Resource& resource, const Selection& selection, const std::string& resourceVersion,
                base::Duration timeout, WatchSink sink) override;
  void cancel(WatchId watch) override;

  WaitId whenBack(std::move_only_function<void()> back) override {
    return transport_->whenBack(std::move(back));
  }
  void waitNoMore(WaitId wait) override { transport_->waitNoMore(wait); }

  const Access& access() const override { return transport_->access(); }
  std::uint64_t requests() const override { return transport_->requests(); }

 private:
  template <class T, class Parse>
  void call(net::Request request, Repeat repeat, Parse parse, Done<T> done) {
    std::string what = where(request);
    transport_->call(std::move(request), repeat,
                     [what = std::move(what), parse = std::move(parse),
                      done = std::move(done)](Result<net::Response> response) mutable {
                       if (!response) return done(std::unexpected(std::move(response.error())));
                       base::Result<T> parsed = parse(*response);
                       if (!parsed) return done(std::unexpected(invalid(what, parsed.error())));
                       done(std::move(*parsed));
                     });
  }

  void object(net::Request request, Repeat repeat, Named named, Done<Object> done) {
    call<Object>(
        std::move(request), repeat,
        [named](net::Response& response) { return parseObject(std::move(response.body), named); },
        std::move(done));
  }

  void text(net::Request request, Done<std::string> done) {
    call<std::string>(
        std::move(request), Repeat::kSafe,
        [](net::Response& response) { return base::Result<std::string>(std::move(response.body)); },
        std::move(done));
  }

  void received(const std::shared_ptr<Watch>& watch, const std::string& what, std::string_view data);
  bool tooSlow(Watch& watch, bool gaveEvent) const;
  void ended(Watch& watch, Result<void> how);

  base::Loop& loop_;
  std::unique_ptr<Transport> transport_;
  base::Duration watchIdle_;
  std::unordered_map<WatchId, std::shared_ptr<Watch>> watches_;
};

Client::WatchId HttpClient::watch(const Resource& resource, const Selection& selection,
                                  const std::string& resourceVersion, base::Duration timeout,
                                  WatchSink sink) {
  auto watch = std::make_shared<Watch>();
  watch->sink = std::move(sink);
  net::Request request = watchRequest(resource, selection, resourceVersion, timeout);
  std::string what = where(request);
  watch->stream =
      transport_->stream(std::move(request), timeout + kWatchGrace, watchIdle_,
                         {.onData = [this, watch, what = std::move(what)](
                                        std::string_view data) { received(watch, what, data); },
                          .onEnd = [this, watch](Result<void> how) { ended(*watch, std::move(how)); }});
  const WatchId id = watch->stream;
  watches_.emplace(id, std::move(watch));
  return id;
}

void HttpClient::received(const std::shared_ptr<Watch>& watch, const std::string& what,
                          std::string_view data) {
  std::optional<base::Error> wrong;
  bool gaveEvent = false;
  const auto fed = watch->lines.feed(data, [&](std::string_view line) {
    auto event = parseWatchEvent(line);
    if (!event) {
      wrong = std::move(event.error());
      return false;
    }
    gaveEvent = true;
    watch->sink.onEvent(std::move(*event));
    return !watch->over;
  });
  if (watch->over) return;
  if (!fed) wrong = fed.error();
  if (!wrong && tooSlow(*watch, gaveEvent))
    wrong = base::Error{"DeadlineExceeded", "bytes of a watch trickle in, and no event is whole"};
  if (!wrong) return;
  transport_->cancel(watch->stream);
  ended(*watch, std::unexpected(invalid(what, *wrong)));
}

bool HttpClient::tooSlow(Watch& watch, bool gaveEvent) const {
  const base::Instant now = loop_.now();
  if (gaveEvent) watch.trickling.reset();
  if (!watch.lines.midLine() && gaveEvent) return false;
  if (!watch.trickling) watch.trickling = now;
  return now - *watch.trickling >= watchIdle_;
}

void HttpClient::ended(Watch& watch, Result<void> how) {
  const auto keep = watches_.extract(watch.stream);
  watch.over = true;
  if (how && watch.lines.midLine()) {
    how = std::unexpected(ApiError{.reason = "ConnectionLost", .message = "the watch was cut within a line"});
  }
  watch.sink.onEnd(std::move(how));
}

void HttpClient::cancel(WatchId id) {
  const auto node = watches_.extract(id);
  if (!node) return;
  node.mapped()->over = true;
  transport_->cancel(id);
}

}  // namespace

base::Result<std::unique_ptr<Client>> Client::make(base::Loop& loop, Access access, ClientOptions options) {
  const base::Duration watchIdle = options.watchIdle;
  auto transport = Transport::make(loop, std::move(access), std::move(options));
  if (!transport) return std::unexpected(std::move(transport.error()));
  return std::make_unique<HttpClient>(loop, std::move(*transport), watchIdle);
}

}  // namespace faasbatch::kube
