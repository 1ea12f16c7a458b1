// Counts the primes of a range: a CPU-bound native function.
#include <faasbatch.hpp>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

namespace {

constexpr int kMaxNumber = 10'000'000;

bool isPrime(int n) {
  if (n < 2) return false;
  for (int d = 2; d <= n / d; ++d) {
    if (n % d == 0) return false;
  }
  return true;
}

std::string countPrimes(std::string_view input, const faasbatch::Call& call) {
  const auto range = nlohmann::json::parse(input);
  const int from = range.at("from").get<int>();
  const int to = range.at("to").get<int>();
  if (to > kMaxNumber) throw std::out_of_range("`to` is larger than " + std::to_string(kMaxNumber));
  int count = 0;
  for (int n = from; n < to; ++n) count += isPrime(n);
  call.log("primes from " + std::to_string(from) + " to " + std::to_string(to) + ": " +
           std::to_string(count) + "\n");
  return std::to_string(count);
}

}  // namespace

FAASBATCH_CPP_HANDLER(count_primes, countPrimes)
