// A function written in C, against the header alone.
#include "faasbatch.h"

FAASBATCH_HANDLER(noop) {
  faasbatch_own_output(call, result, (char*)"null", 4, NULL);
  return FAASBATCH_OK;
}

FAASBATCH_HANDLER(refuse) { return faasbatch_fail(call, result, "OutOfStock", "none left"); }
