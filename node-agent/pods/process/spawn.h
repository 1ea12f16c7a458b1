// Starts a program as a child of its own session, without copying the agent's memory.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/error.h"

namespace faasbatch::pods {

inline constexpr int kLifelineFd = 3;  // where the child finds the lifeline

struct Program {
  std::string path;
  std::vector<std::string> arguments;    // without the program's name
  std::vector<std::string> environment;  // "NAME=value", all of it
  int lifeline = -1;                     // read end of a pipe that ends with the agent
};

// The caller owns `pidfd` and reaps the child.
struct Child {
  pid_t pid = -1;
  int pidfd = -1;
};

// The child has stdin from /dev/null, stdout and stderr on the agent's stderr, the lifeline, and no other
// descriptor, the limit of descriptors as it was before base::raiseDescriptorLimit(); a session and process
// group of its own (so that its tree can be killed as one); default signals. It is not killed with the agent:
// it has to kill what descends from it first, which the end of the lifeline tells it; where it is stopped
// then, it is continued (PR_SET_PDEATHSIG). Kind "NoCapacity" with the program and the system's reason.
base::Result<Child> spawn(const Program& program);

// Ends the child's process group and reaps the child, which has ended or is about to. Closes pidfd. How it
// ended: "exit status 3", "signal 9 (Killed)".
std::string reap(const Child& child);

// Whether `pid` is a child that spawn() made and that has not been reaped. Any thread; never says no of a
// child that is there already and that another thread's spawn() is about to give back.
bool isSpawned(pid_t pid);
std::size_t spawnedCount();  // such children; any thread

// To the whole group of a child that has not been reaped.
void signalGroup(const Child& child, int signal);

}  // namespace faasbatch::pods
