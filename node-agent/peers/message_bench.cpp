// What messages cost to write and read: frames with payloads as raw bytes, against JSON lines that hold them.
//
//   peers_message_bench       microseconds a message, for outputs of several sizes
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <vector>

#include "lib/json/check.h"
#include "node-agent/engine/values_json.h"
#include "node-agent/peers/message.h"

namespace {

using namespace faasbatch;
using namespace faasbatch::peers;

double median(int rounds, const std::function<void()>& what) {
  std::vector<double> times;
  for (int i = 0; i < rounds; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    what();
    times.push_back(
        std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count());
  }
  std::ranges::sort(times);
  return times[times.size() / 2];
}

// Some JSON of about so many bytes: objects, strings, numbers.
std::string document(std::size_t bytes) {
  std::string out = "[";
  while (out.size() < bytes) {
    if (out.size() > 1) out += ',';
    out += R"({"word":"some \"text\" to count","count":123456,"more":[1,2,3]})";
  }
  return out + "]";
}

engine::StepEnd sample(std::size_t bytes) {
  engine::StepEnd end{.position = 3, .epoch = 0};
  end.output.ref.payload = base::Payload(document(bytes));
  end.output.ref.size = end.output.ref.payload.size();
  end.receipt.exec = std::chrono::milliseconds(5);
  end.records = {R"({"name":"count","index":[],"status":"Succeeded","store":"Inline","attempts":[]})", 1,
                 false};
  return end;
}

std::string line(const engine::StepEnd& end) {
  std::string out;
  json::Object object(out);
  object.text("message", "ended").text("run", "0190f5f0-0000-7000-8000-000000000000").text("owner", "b");
  engine::writeEnd(object, end);
  object.end();
  return out;
}

}  // namespace

int main() {
  std::printf("%-10s %28s %28s\n", "output", "frames: write, read", "JSON lines: write, read");
  for (const std::size_t bytes : {100, 4'000, 60'000, 1'000'000}) {
    const auto end = std::make_shared<const engine::StepEnd>(sample(bytes));
    const Ended message{"0190f5f0-0000-7000-8000-000000000000", "b", end};
    std::string frame;
    append(frame, message);
    const std::string text = line(*end);
    const int rounds = bytes > 100'000 ? 200 : 5'000;
    const double frameWrite = median(rounds, [&] {
      std::string body;
      append(body, message);
    });
    const double frameRead = median(rounds, [&] {
      if (!decode(frame)) std::abort();
    });
    const double lineWrite = median(rounds, [&] { line(*end); });
    const double lineRead = median(rounds, [&] {
      engine::Fields fields(text);
      engine::readEnd(fields);
      if (!fields.error().empty()) std::abort();
    });
    std::printf("%8zu B %12.2f us %10.2f us %13.2f us %10.2f us\n", end->output.ref.payload.size(),
                frameWrite, frameRead, lineWrite, lineRead);
  }
}
