// The cost of deciding: one call of each policy for queues and pods of several sizes, and of the heap of
// deadlines.
#include <chrono>
#include <cstdio>
#include <memory>
#include <vector>

#include "node-agent/batching/deadline_heap.h"
#include "node-agent/batching/policy.h"

namespace {

using namespace faasbatch;
using Steady = std::chrono::steady_clock;

constexpr int kRounds = 20'000;

double nanosPerRound(Steady::time_point begin) {
  return std::chrono::duration<double, std::nano>(Steady::now() - begin).count() / kRounds;
}

void decide(const char* name, batching::Policy policy, std::size_t calls, std::size_t pods) {
  const base::Instant now{1'700'000'000'000'000'000};
  const batching::QueueView queue(calls, now);
  std::vector<batching::PodView> views;
  views.reserve(pods);
  for (std::size_t i = 0; i < pods; ++i)
    views.push_back({.ready = true, .running = i % 3 == 0 ? 0U : 30U, .slots = 32});
  batching::History history;
  history.meanExec = std::chrono::milliseconds(1);
  const batching::Limits limits{
      .slots = 32, .maxSize = 64, .maxPods = 64, .window = std::chrono::milliseconds(50)};
  std::size_t sum = 0;
  const auto begin = Steady::now();
  for (int i = 0; i < kRounds; ++i) sum += policy(queue, views, history, limits, now).batches.size();
  std::printf("%-12s %4zu calls %2zu pods: %7.0f ns (%zu batches)\n", name, calls, pods, nanosPerRound(begin),
              sum / kRounds);
}

struct Item : batching::DeadlineItem {};

// As calls use it: in with the deadline, moved when the call starts, out when it ends.
void heap(std::size_t open) {
  std::vector<Item> items(open);
  batching::DeadlineHeap<Item> heap;
  std::int64_t time = 0;
  for (Item& item : items) heap.set(item, {time++});
  const auto begin = Steady::now();
  for (int i = 0; i < kRounds; ++i) {
    Item& item = items[static_cast<std::size_t>(i) % open];
    heap.remove(item);
    heap.set(item, {time++});
    heap.set(item, {time++});
  }
  std::printf("deadline heap, %zu open: %.0f ns a call\n", open, nanosPerRound(begin));
}

}  // namespace

int main() {
  for (const std::size_t calls : {1U, 8U, 64U, 1000U}) {
    for (const std::size_t pods : {1U, 10U}) {
      decide("Adaptive", batching::adaptive, calls, pods);
      decide("FixedWindow", batching::fixedWindow, calls, pods);
      decide("None", batching::none, calls, pods);
      decide("Kraken", batching::kraken, calls, pods);
    }
  }
  for (const std::size_t open : {100U, 100'000U}) heap(open);
  return 0;
}
