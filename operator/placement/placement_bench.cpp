// What a placement costs: fresh, and again with nothing changed.
#include <algorithm>
#include <chrono>
#include <cstdio>

#include "operator/placement/place.h"
#include "operator/placement/testing.h"

namespace {

using namespace faasbatch;
using Steady = std::chrono::steady_clock;

constexpr int kRounds = 7;

// The best of several, in milliseconds.
template <class Task>
double best(const Task& task) {
  double least = 1e9;
  for (int i = 0; i < kRounds; ++i) {
    const auto begin = Steady::now();
    task();
    least = std::min(least, std::chrono::duration<double, std::milli>(Steady::now() - begin).count());
  }
  return least;
}

// `room`: whether a node could take it all.
void run(std::size_t steps, std::size_t nodeCount, bool room) {
  std::mt19937 random(5);
  const auto demand = placement::testing::randomDemand(random, steps, std::min<std::size_t>(steps, 100));
  const auto weights = placement::testing::randomWeights(random, steps);
  std::vector<placement::NodeFacts> nodes;
  for (std::size_t i = 0; i < nodeCount; ++i)
    nodes.push_back(placement::testing::node("n" + placement::testing::number(i), room ? 1000 : 30));
  placement::Task task{
      .demand = demand, .weights = weights, .nodes = nodes, .localBytes = room ? UINT64_MAX : 64 << 20};
  base::Result<placement::Placed> placed;
  const double fresh = best([&] { placed = placement::place(task); });
  base::Result<placement::Placed> again;
  task.present = &placed->placement;
  const double still = best([&] { again = placement::place(task); });
  std::printf("%5zu steps, %3zu nodes, %-8s: %7.2f ms fresh, %7.2f ms again, %zu groups%s\n", steps,
              nodeCount, room ? "all fits" : "split", fresh, still,
              placed->placement.replicas[0].nodes.size(),
              again->placement == placed->placement ? "" : ", and moved");
}

}  // namespace

int main() {
  for (const bool room : {true, false}) {
    for (const std::size_t steps : {50UL, 200UL, 2000UL}) {
      for (const std::size_t nodes : {3UL, 50UL, 500UL}) run(steps, nodes, room);
    }
  }
}
