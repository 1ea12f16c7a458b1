#include "node-agent/forwarding/call_frames.h"

#include <optional>
#include <utility>

namespace faasbatch::forwarding {
namespace {

constexpr std::size_t kNumber = 4;

void putNumber(std::string& out, std::size_t at, std::size_t value) {
  for (std::size_t i = 0; i < kNumber; ++i) out[at + i] = static_cast<char>(value >> (24 - 8 * i));
}

void addNumber(std::string& out, std::size_t value) {
  out.append(kNumber, '\0');
  putNumber(out, out.size() - kNumber, value);
}

void addText(std::string& out, std::string_view text) {
  addNumber(out, text.size());
  out += text;
}

void addFields(std::string& out, const net::Headers& headers) {
  addNumber(out, headers.size());
  for (const auto& [name, value] : headers) {
    addText(out, name);
    addText(out, value);
  }
}

std::uint32_t numberAt(std::string_view data) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < kNumber; ++i) value = (value << 8) | static_cast<unsigned char>(data[i]);
  return value;
}

std::unexpected<base::Error> invalid(const char* what) {
  return base::fail("InvalidMessage", std::string("calls that agents pass on together: ") + what);
}

// What a frame has, from its front. Once something is missing nothing is found any more.
class Frame {
 public:
  explicit Frame(std::string_view bytes) : bytes_(bytes) {}

  std::uint32_t number() {
    const std::string_view bytes = take(kNumber);
    return bytes.empty() ? 0 : numberAt(bytes);
  }
  std::string text() { return std::string(take(number())); }
  net::Headers fields() {
    net::Headers headers;
    const std::uint32_t count = number();
    if (count > kMaxFields) fits_ = false;
    for (std::uint32_t i = 0; i < count && fits_; ++i) {
      std::string name = text();
      headers.add(std::move(name), text());
    }
    return headers;
  }
  bool isRead() const { return fits_ && bytes_.empty(); }  // to its end, and nothing was missing

 private:
  std::string_view take(std::size_t count) {
    fits_ = fits_ && count <= bytes_.size();
    if (!fits_) return {};
    const std::string_view taken = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return taken;
  }

  std::string_view bytes_;
  bool fits_ = true;
};

// The first frame, taken off; nothing where it is not complete.
std::optional<std::string_view> takeFrame(std::string_view& data) {
  if (data.size() < kNumber) return std::nullopt;
  const std::size_t length = numberAt(data);
  if (data.size() - kNumber < length) return std::nullopt;
  const std::string_view frame = data.substr(kNumber, length);
  data.remove_prefix(kNumber + length);
  return frame;
}

}  // namespace

void appendCall(std::string& body, const net::Request& request) {
  const std::size_t begin = body.size();
  body.append(kNumber, '\0');
  addText(body, request.method);
  addText(body, request.target);
  addFields(body, request.headers);
  addText(body, request.body);
  putNumber(body, begin, body.size() - begin - kNumber);
}

base::Result<std::vector<net::Request>> readCalls(std::string_view body) {
  if (!body.starts_with(kCallsMagic)) return invalid("the body does not begin with FBC1");
  body.remove_prefix(kCallsMagic.size());
  std::vector<net::Request> calls;
  while (!body.empty()) {
    const auto bytes = takeFrame(body);
    if (!bytes) return invalid("the body ends inside a call");
    if (calls.size() == kMaxCallsTogether) return invalid("there are more than 64");
    Frame frame(*bytes);
    net::Request& call = calls.emplace_back();
    call.method = frame.text();
    call.target = frame.text();
    call.headers = frame.fields();
    call.body = frame.text();
    if (!frame.isRead()) return invalid("a call is not as long as its frame");
  }
  return calls;
}

void appendAnswer(std::string& out, std::uint32_t place, const net::Response& response) {
  const std::size_t begin = out.size();
  out.append(kNumber, '\0');
  addNumber(out, place);
  addNumber(out, static_cast<std::size_t>(response.status));
  addFields(out, response.headers);
  addText(out, response.body);
  putNumber(out, begin, out.size() - begin - kNumber);
}

base::Result<void> AnswerReader::feed(std::string_view data, Take& take) {
  if (failed_) return invalid("the answers have been wrong before");
  const bool held = !rest_.empty();
  if (held) {
    rest_ += data;
    data = rest_;
  }
  const auto fail = [this](const char* what) {
    failed_ = true;
    return invalid(what);
  };
  while (const auto bytes = takeFrame(data)) {
    Frame frame(*bytes);
    const std::uint32_t place = frame.number();
    net::Response response;
    const std::uint32_t status = frame.number();
    response.headers = frame.fields();
    response.body = frame.text();
    if (!frame.isRead()) return fail("an answer is not as long as its frame");
    if (status < 200 || status > 599) return fail("an answer has no status");
    response.status = static_cast<int>(status);
    take(place, std::move(response));
  }
  if (data.size() >= kNumber && numberAt(data) > kMaxAnswerBytes) return fail("an answer is too long");
  if (held) {
    rest_.erase(0, rest_.size() - data.size());
  } else {
    rest_ = data;
  }
  return {};
}

}  // namespace faasbatch::forwarding
