// Answers that go on.
#include <optional>
#include <string>
#include <utility>

#include "lib/kube/transport.h"

namespace faasbatch::kube {
namespace {

constexpr std::size_t kMaxErrorBody = 64 << 10;  // of an answer that is no stream; the rest is not read

}  // namespace

struct Transport::Stream {
  net::Request request;
  base::Instant deadline;
  base::Duration idleTime{0};
  ApiStream sink;
  std::shared_ptr<Link> over;
  std::optional<net::CurlClient::StreamId> curlId;
  int status = 0;  // 0: no answer yet
  std::string retryAfter;
  std::string errorBody;
};

Transport::StreamId Transport::stream(net::Request request, base::Duration time, base::Duration idleTime,
                                      ApiStream sink) {
  const StreamId id = ++lastStream_;
  auto stream = std::make_shared<Stream>();
  stream->request = std::move(request);
  stream->deadline = loop_.now() + time;
  stream->idleTime = idleTime;
  stream->sink = std::move(sink);
  streams_.emplace(id, std::move(stream));
  withCredential([id](Transport& self, base::Result<Credential> credential) {
    if (credential) return self.open(id, *credential);
    self.endStream(id, std::unexpected(toApiError(credential.error())));
  });
  return id;
}

void Transport::open(StreamId id, const Credential& credential) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;  // cancelled
  const auto over = link(credential);
  if (!over) {
    const std::string& why = over.error().message;
    return endStream(id, std::unexpected(ApiError{.reason = "CredentialsUnavailable", .message = why}));
  }
  ++requests_;
  Stream& stream = *found->second;
  stream.over = *over;
  ++stream.over->open;
  stream.curlId = stream.over->curl->stream(authorized(stream.request, credential), stream.deadline,
                                            stream.idleTime, sinkOf(id));
}

net::StreamSink Transport::sinkOf(StreamId id) {
  return {.onHead =
              [self = self_, id](int status, const net::Headers& headers) {
                if (*self != nullptr) (*self)->streamHead(id, status, headers);
              },
          .onData =
              [self = self_, id](std::string_view data) {
                if (*self != nullptr) (*self)->streamData(id, data);
              },
          .onEnd =
              [self = self_, id](const base::Result<void>& end) {
                if (*self != nullptr) (*self)->streamEnded(id, end);
              }};
}

void Transport::streamHead(StreamId id, int status, const net::Headers& headers) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  hadAnswer();
  found->second->status = status;
  found->second->retryAfter = headers.find("Retry-After").value_or("");
}

void Transport::streamData(StreamId id, std::string_view data) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  const auto stream = found->second;  // the sink may cancel it
  if (stream->status == 200) return stream->sink.onData(data);
  stream->errorBody += data.substr(0, kMaxErrorBody - stream->errorBody.size());
}

void Transport::streamEnded(StreamId id, const base::Result<void>& end) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  Stream& stream = *found->second;
  if (stream.status == 0) {
    ApiError error =
        end ? ApiError{.reason = "ConnectionLost", .message = "no answer came"} : toApiError(end.error());
    hadNone(error);
    return endStream(id, std::unexpected(std::move(error)));
  }
  if (stream.status != 200) {
    if (stream.status == 401 && access_.token != nullptr) access_.token->invalidate();
    return endStream(id, std::unexpected(parseApiError(stream.status, stream.errorBody, stream.retryAfter)));
  }
  // Idle, or past the time that the server was given to end it: as if it had.
  if (end || end.error().kind == "DeadlineExceeded") return endStream(id, {});
  endStream(id, std::unexpected(toApiError(end.error())));
}

void Transport::endStream(StreamId id, Result<void> how) {
  auto node = streams_.extract(id);
  if (!node) return;
  const auto stream = std::move(node.mapped());
  if (stream->over != nullptr && --stream->over->open == 0) retire();
  stream->sink.onEnd(std::move(how));
}

void Transport::cancel(StreamId id) {
  auto node = streams_.extract(id);
  if (!node) return;
  const auto stream = std::move(node.mapped());
  if (stream->over == nullptr) return;
  if (stream->curlId) stream->over->curl->cancel(*stream->curlId);
  if (--stream->over->open == 0) retire();
}

}  // namespace faasbatch::kube
