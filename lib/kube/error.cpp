#include "lib/kube/error.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "lib/json/check.h"
#include "lib/json/members.h"
#include "lib/json/path.h"

namespace faasbatch::kube {
namespace {

constexpr std::size_t kMaxShownBody = 200;
constexpr std::int64_t kMaxRetryAfterSeconds = 300;  // a server that says more has not meant it for us

// What the API calls an answer of this status by itself.
std::string reasonOf(int status) {
  constexpr std::array<std::pair<int, std::string_view>, 14> kReasons{{{400, "BadRequest"},
                                                                       {401, "Unauthorized"},
                                                                       {403, "Forbidden"},
                                                                       {404, "NotFound"},
                                                                       {405, "MethodNotAllowed"},
                                                                       {406, "NotAcceptable"},
                                                                       {409, "Conflict"},
                                                                       {410, "Gone"},
                                                                       {413, "RequestEntityTooLarge"},
                                                                       {415, "UnsupportedMediaType"},
                                                                       {422, "Invalid"},
                                                                       {429, "TooManyRequests"},
                                                                       {503, "ServiceUnavailable"},
                                                                       {504, "Timeout"}}};
  for (const auto& [known, reason] : kReasons) {
    if (known == status) return std::string(reason);
  }
  return status >= 500 ? "InternalError" : "InvalidResponse";
}

base::Duration seconds(std::int64_t count) {
  return std::chrono::seconds(std::clamp<std::int64_t>(count, 0, kMaxRetryAfterSeconds));
}

// RFC 9110, 10.2.3; the form with a date, which no API server sends, counts for nothing.
base::Duration retryAfterHeader(std::string_view text) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.begin(), text.end(), count);
  return error == std::errc() && end == text.end() ? seconds(count) : base::Duration(0);
}

std::string shown(std::string_view body) {
  std::string text(body.substr(0, kMaxShownBody));
  std::ranges::replace_if(
      text,
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7E; },
      ' ');
  return text;
}

std::string textAt(std::string_view body, std::string_view key) {
  const auto raw = json::at(body, {key});
  return raw ? json::asString(*raw).value_or("") : "";
}

// Those that are objects.
std::vector<std::string_view> causesIn(std::string_view body) {
  auto causes = json::elements(json::at(body, {"details", "causes"}).value_or("[]"));
  if (!causes) return {};
  std::erase_if(*causes, [](std::string_view cause) { return !json::members(cause); });
  return std::move(*causes);
}

// A version that the server does not know yet has a reason of its own here: see expired().
bool versionTooLarge(const std::vector<std::string_view>& causes) {
  return std::ranges::any_of(
      causes, [](std::string_view cause) { return textAt(cause, "reason") == "ResourceVersionTooLarge"; });
}

}  // namespace

ApiError parseApiError(int status, std::string_view body, std::string_view retryAfter) {
  ApiError error{.status = status, .reason = reasonOf(status), .retryAfter = retryAfterHeader(retryAfter)};
  if (!json::check(body) || textAt(body, "kind") != "Status") {
    error.message = "HTTP status " + std::to_string(status);
    if (!body.empty()) error.message += ": " + shown(body);
    return error;
  }
  if (const auto code = json::asInt(json::at(body, {"code"}).value_or("")); status == 200 && code) {
    error.status = static_cast<int>(std::clamp<std::int64_t>(*code, 0, 599));  // of an event in a watch
    error.reason = reasonOf(error.status);
  }
  if (auto reason = textAt(body, "reason"); !reason.empty() && reason != "Unknown")
    error.reason = std::move(reason);
  const auto causes = causesIn(body);
  if (versionTooLarge(causes)) error.reason = "ResourceVersionTooLarge";
  for (const std::string_view cause : causes) {
    if (error.causes.size() == kMaxErrorCauses) break;
    error.causes.push_back({textAt(cause, "field"), textAt(cause, "message")});
  }
  error.message = textAt(body, "message");
  if (error.message.empty()) error.message = "HTTP status " + std::to_string(error.status);
  const auto after = json::asInt(json::at(body, {"details", "retryAfterSeconds"}).value_or(""));
  if (error.retryAfter.count() == 0 && after) error.retryAfter = seconds(*after);
  return error;
}

bool ApiError::retryable() const {
  constexpr std::array<std::string_view, 4> kNoAnswer{"Unreachable", "ConnectionLost", "DeadlineExceeded",
                                                      "CredentialsUnavailable"};
  return status == 429 || status >= 500 || std::ranges::find(kNoAnswer, reason) != kNoAnswer.end();
}

bool ApiError::expired() const {
  return status == 410 || reason == "Expired" || reason == "Gone" || reason == "ResourceVersionTooLarge";
}

}  // namespace faasbatch::kube
