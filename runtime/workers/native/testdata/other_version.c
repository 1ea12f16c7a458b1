#include <stdint.h>
__attribute__((visibility("default"))) const uint32_t faasbatch_abi_version = 999;
__attribute__((visibility("default"))) int noop(void) { return 0; }
