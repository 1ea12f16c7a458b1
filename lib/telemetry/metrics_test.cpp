#include "lib/telemetry/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace faasbatch::telemetry {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Registry, SeriesExistAtZeroFromTheMomentTheyAreMade) {
  Registry registry;
  registry.counter("calls_total", "Calls.", {{"outcome", "ok"}});
  EXPECT_THAT(registry.render(), HasSubstr("# HELP calls_total Calls.\n# TYPE calls_total counter\n"
                                           "calls_total{outcome=\"ok\"} 0\n"));
}

TEST(Registry, TheSameNameAndLabelsAreTheSameSeries) {
  Registry registry;
  registry.counter("a_total", "A.").add(2);
  registry.counter("a_total", "A.").add(3);
  registry.gauge("g", "G.", {{"x", "1"}}).add(-4);
  EXPECT_EQ(registry.counter("a_total", "A.").value(), 5U);
  EXPECT_THAT(registry.render(), HasSubstr("\na_total 5\n"));
  EXPECT_THAT(registry.render(), HasSubstr("\ng{x=\"1\"} -4\n"));
}

TEST(Registry, EscapesLabelValues) {
  Registry registry;
  registry.gauge("g", "G.", {{"x", "a\"b\\c\nd"}});
  EXPECT_THAT(registry.render(), HasSubstr(R"(g{x="a\"b\\c\nd"} 0)"));
}

TEST(Registry, BoundsTheSeriesOfAFamily) {
  Registry registry;
  const std::size_t sets = Registry::kMaxSeriesPerFamily + 50;
  for (std::size_t i = 0; i < sets; ++i) registry.counter("c_total", "C.", {{"i", std::to_string(i)}}).add();
  EXPECT_EQ(registry.counter("c_total", "C.", {{"i", "other"}}).value(), 50U);
  EXPECT_THAT(registry.render(), Not(HasSubstr("c_total{i=\"2049\"}")));
}

TEST(Histogram, CountsCumulativelyUpToInfinity) {
  Registry registry;
  Histogram& h = registry.histogram("h_seconds", "H.", {0.1, 1}, {{"f", "x"}});
  for (const double value : {0.05, 0.1, 0.5, 7.0}) h.observe(value);
  EXPECT_THAT(registry.render(), HasSubstr("h_seconds_bucket{f=\"x\",le=\"0.1\"} 2\n"
                                           "h_seconds_bucket{f=\"x\",le=\"1\"} 3\n"
                                           "h_seconds_bucket{f=\"x\",le=\"+Inf\"} 4\n"
                                           "h_seconds_sum{f=\"x\"} 7.65\n"
                                           "h_seconds_count{f=\"x\"} 4\n"));
}

TEST(Histogram, IgnoresWhatIsNoNumber) {
  Histogram h({1});
  h.observe(std::numeric_limits<double>::quiet_NaN());
  std::string out;
  h.write(out, "h", "");
  EXPECT_THAT(out, HasSubstr("h_count 0\n"));
}

TEST(Registry, TellsWhatTheProcessCosts) {
  const std::string text = Registry().render();
  for (const char* name : {"\nprocess_resident_memory_bytes ", "\nprocess_cpu_seconds_total ",
                           "\nprocess_open_fds ", "\nprocess_start_time_seconds "}) {
    EXPECT_THAT(text, HasSubstr(name));
  }
}

TEST(Registry, TakesManyThreads) {
  Registry registry;
  {
    std::vector<std::jthread> threads;
    threads.reserve(4);
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&registry] {
        for (int i = 0; i < 1000; ++i)
          registry.counter("n_total", "N.", {{"i", std::to_string(i % 7)}}).add();
      });
    }
    EXPECT_FALSE(registry.render().empty());
  }
  std::uint64_t sum = 0;
  for (int i = 0; i < 7; ++i) sum += registry.counter("n_total", "N.", {{"i", std::to_string(i)}}).value();
  EXPECT_EQ(sum, 4000U);
}

}  // namespace
}  // namespace faasbatch::telemetry
