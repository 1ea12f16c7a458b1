// What check() and members() cost on documents of 6 MiB, the gateway's bound: `json_json_bench [ROUNDS]`.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "lib/json/check.h"
#include "lib/json/members.h"

namespace {

using namespace faasbatch;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kBytes = std::size_t{6} << 20;

// `[unit,unit,...]` of about kBytes, as the value of a member.
std::string documentOf(std::string_view unit) {
  std::string text = "{\"input\":[";
  while (text.size() + unit.size() + 3 < kBytes) text.append(unit).append(",");
  return text.append(unit).append("]}");
}

template <class Call>
double bestMillis(int rounds, Call call) {
  double best = 1e9;
  for (int i = 0; i < rounds; ++i) {
    const auto start = Clock::now();
    call();
    best = std::min(best, std::chrono::duration<double, std::milli>(Clock::now() - start).count());
  }
  return best;
}

struct Row {
  const char* name;
  std::string document;
};

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 11;
  const std::array<Row, 6> rows = {{
      {"one long string", documentOf('"' + std::string(kBytes - 100, 'x') + '"')},
      {"words", documentOf(R"("It was the best of times, it was the worst of times, \"it\" was the age")")},
      {"text in Greek", documentOf("\"Άνδρα μοι έννεπε, Μούσα, πολύτροπον, ός μάλα πολλά\"")},
      {"integers", documentOf("1234567")},
      {"doubles", documentOf("-0.12345678901234e-3")},
      {"records",
       documentOf(R"({"id": 17, "name": "Ada", "ok": true, "tags": ["a", "b"], "at": 1.5, "no": null})")},
  }};
  std::printf("%-16s %12s %12s   6 MiB each, the best of %d\n", "document", "check", "members", rounds);
  for (const Row& row : rows) {
    if (!json::check(row.document) || !json::members(row.document)) return EXIT_FAILURE;
    const double check = bestMillis(rounds, [&row] { (void)json::check(row.document); });
    const double members = bestMillis(rounds, [&row] { (void)json::members(row.document); });
    std::printf("%-16s %9.2f ms %9.2f ms\n", row.name, check, members);
  }
  return EXIT_SUCCESS;
}
