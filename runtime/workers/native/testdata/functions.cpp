// What the tests do to a runtime, as native functions.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <stdexcept>
#include <string>
#include <thread>

#include "faasbatch.hpp"

namespace {

using faasbatch::Call;

std::string inQuotes(std::string_view text) { return "\"" + std::string(text) + "\""; }

std::string echo(std::string_view input, const Call&) { return std::string(input); }

std::string variable(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : otherwise;
}

std::string describe(std::string_view, const Call& call) {
  return "{\"invocation\":" + inQuotes(call.invocationId()) + ",\"run\":" + inQuotes(call.runId()) +
         ",\"step\":" + inQuotes(call.step()) + ",\"index\":" + std::string(call.index()) +
         ",\"attempt\":" + std::to_string(call.attempt()) + ",\"env\":" + inQuotes(variable("GREETING", "")) +
         ",\"token\":" + inQuotes(std::getenv("FAASBATCH_TOKEN") ? "leaked" : "none") +
         ",\"pid\":" + std::to_string(::getpid()) + "}";
}

// Input: seconds.
std::string sleepFor(std::string_view input, const Call&) {
  std::this_thread::sleep_for(std::chrono::duration<double>(std::stod(std::string(input))));
  return std::string(input);
}

// Input: seconds. Computes until its process is lowered, but no longer than that.
std::string compute(std::string_view input, const Call&) {
  const double seconds = std::stod(std::string(input));
  const auto nice = [] { return ::getpriority(PRIO_PROCESS, 0); };
  while (nice() == 0 && static_cast<double>(std::clock()) / CLOCKS_PER_SEC < seconds) {
  }
  return std::to_string(nice());
}

std::string waitForCancel(std::string_view, const Call& call) {
  while (!call.cancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  return inQuotes("told");
}

[[noreturn]] void never() {
  while (true) std::this_thread::sleep_for(std::chrono::hours(1));
}

void forkLeftOver(bool ownSession) {
  if (::fork() != 0) return;
  if (ownSession) ::setsid();
  if (::fork() != 0) ::_exit(0);
  never();
}

// Input: the name of a deed, in quotes.
std::string poison(std::string_view input, const Call& call) {
  const std::string deed(input.substr(1, input.size() - 2));
  if (deed == "exit") std::_Exit(3);
  if (deed == "segv") std::raise(SIGSEGV);
  if (deed == "kill") ::kill(::getpid(), SIGSEGV);
  if (deed == "throw") throw std::out_of_range("thrown");
  if (deed == "fail") throw faasbatch::Failure("OutOfStock", "none left");
  if (deed == "never") never();
  if (deed == "fork") forkLeftOver(false);
  if (deed == "daemon") forkLeftOver(true);
  if (deed == "close") {
    for (int fd = 0; fd < 64; ++fd) ::close(fd);
  }
  if (deed == "garbage") ::send(3, "garbage that is no frame", 24, MSG_NOSIGNAL);
  if (deed == "forged") ::send(3, "\x05\x00\x02\x00\xff\xff\xff\x7f\x00\x00\x00\x00{}", 14, MSG_NOSIGNAL);
  if (deed == "nan") return "NaN";
  if (deed == "half") return "{\"a\":";
  if (deed == "latin") return "\"\xe4\"";
  if (deed == "huge") return "\"" + std::string(8 << 20, 'x') + "\"";
  if (deed == "lines") return "{\n\"a\":\r\n1}\n";
  if (deed == "print") {
    const std::string line(1023, 'x');
    for (int i = 0; i < 100 * 1024; ++i) std::puts(line.c_str());
  }
  if (deed == "log") {
    for (int i = 0; i < 100; ++i) call.log(std::string(16 * 1024, 'y'));
  }
  if (deed == "talk") {
    call.log("logged\n");
    std::puts("printed");
    ::write(2, "raw\n", 4);
  }
  return inQuotes(deed);
}

std::string storeRoundTrip(std::string_view input, const Call& call) {
  const bool before = call.get("k").has_value();
  call.put("k", input);
  const std::string got = call.get("k").value_or("");
  call.put("bytes", std::string_view("\0\x01\xff", 3), FAASBATCH_BYTES, 60);
  const std::string bytes = call.get("bytes").value_or("");
  call.remove("k");
  const bool after = call.get("k").has_value();
  return std::string("{\"before\":") + (before ? "true" : "false") + ",\"got\":" + got +
         ",\"bytes\":" + std::to_string(bytes.size()) + ",\"after\":" + (after ? "true" : "false") + "}";
}

// Lets what the store says about a bad use of it end the call.
std::string storeMisuse(std::string_view input, const Call& call) {
  if (input == "\"key\"") call.get("a\nb");
  if (input == "\"long\"") call.remove(std::string(1024, 'k'));  // the workflow's prefix comes before it
  if (input == "\"large\"") call.put("k", std::string(7 << 20, 'x'), FAASBATCH_BYTES);
  if (input == "\"huge\"") call.put("k", std::string(64 << 20, 'x'), FAASBATCH_BYTES);
  return "null";
}

std::string writeOften(std::string_view input, const Call& call) {
  for (int i = 0; i < 5; ++i) call.put("contended", input);
  return std::string(input);
}

}  // namespace

FAASBATCH_CPP_HANDLER(echoes, echo)
FAASBATCH_CPP_HANDLER(describes, describe)
FAASBATCH_CPP_HANDLER(sleeps, sleepFor)
FAASBATCH_CPP_HANDLER(computes, compute)
FAASBATCH_CPP_HANDLER(waits, waitForCancel)
FAASBATCH_CPP_HANDLER(poisons, poison)
FAASBATCH_CPP_HANDLER(stores, storeRoundTrip)
FAASBATCH_CPP_HANDLER(misuses, storeMisuse)
FAASBATCH_CPP_HANDLER(writes, writeOften)
FAASBATCH_HANDLER(noop) {
  faasbatch_own_output(call, result, const_cast<char*>("null"), 4, nullptr);
  return FAASBATCH_OK;
}
