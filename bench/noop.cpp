// The native function of the benchmarks: does nothing.
#include <faasbatch.hpp>

namespace {
std::string noop(std::string_view, const faasbatch::Call&) { return "null"; }
}  // namespace

FAASBATCH_CPP_HANDLER(handler, noop)
