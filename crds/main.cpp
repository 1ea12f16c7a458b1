// Writes the CustomResourceDefinition to standard output; see the Makefile's `crds`.
#include <cstdio>

#include "crds/definition.h"

int main() {
  const std::string yaml = faasbatch::crds::functionWorkflowDefinition();
  return std::fwrite(yaml.data(), 1, yaml.size(), stdout) == yaml.size() ? 0 : 1;
}
