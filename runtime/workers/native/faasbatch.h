/* The C interface of native functions: a shared object that exports handlers.
 *
 *   #include <faasbatch.h>
 *   FAASBATCH_HANDLER(greet) {
 *     faasbatch_set_output(call, result, "\"hello\"", 7);
 *     return FAASBATCH_OK;
 *   }
 *
 *   cc -shared -fPIC -o libgreet.so greet.c        handler: greet.greet, source: {path: /.../libgreet.so}
 *
 * Nothing needs to be linked: the runtime hands its functions over with each call. C++ programs may use
 * faasbatch.hpp, which turns exceptions into errors.
 *
 * Threads. In the modes Threads and Exclusive a handler is called from threads of the runtime; in Threads
 * from several at once. In Processes each call has a forked process of its own. A call and its result belong
 * to the thread that runs the handler and end when it returns; faasbatch_cancelled, faasbatch_log and the
 * store may be used from other threads while the handler runs.
 *
 * Memory. What the runtime hands over is the runtime's and lives until the handler returns, unless a function
 * says otherwise. What the handler hands over is copied, unless a function says otherwise. */
#ifndef FAASBATCH_H
#define FAASBATCH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Raised when something is removed or changes its meaning; additions go behind the existing members. */
#define FAASBATCH_ABI_VERSION 1

#define FAASBATCH_OK 0
#define FAASBATCH_FAILED 1    /* the error was set; any other value but FAASBATCH_OK counts as this */
#define FAASBATCH_NOT_FOUND 2 /* store: no such key */

/* Which version an object was compiled for; the runtime refuses objects that do not say or say another. */
__attribute__((weak, visibility("default"))) uint32_t faasbatch_abi_version = FAASBATCH_ABI_VERSION;

/* NOLINTBEGIN(modernize-use-using): C has no other way. */
typedef struct faasbatch_result faasbatch_result; /* the runtime's */
typedef struct faasbatch_call faasbatch_call;

typedef enum faasbatch_stream { FAASBATCH_STDOUT = 0, FAASBATCH_STDERR = 1 } faasbatch_stream;
typedef enum faasbatch_type { FAASBATCH_JSON = 0, FAASBATCH_BYTES = 1 } faasbatch_type;

/* What the runtime does for a handler; use the functions below. */
typedef struct faasbatch_api {
  uint32_t version;
  void (*set_output)(faasbatch_result*, const char* json, size_t size);
  void (*own_output)(faasbatch_result*, char* json, size_t size, void (*release)(void*));
  void (*set_error)(faasbatch_result*, const char* type, const char* message);
  void (*log)(const faasbatch_call*, faasbatch_stream, const char* text, size_t size);
  int (*cancelled)(const faasbatch_call*);
  double (*remaining)(const faasbatch_call*);
  int (*store_get)(const faasbatch_call*, const char* key, faasbatch_type*, char** bytes, size_t* size);
  int (*store_put)(const faasbatch_call*, const char* key, faasbatch_type, const char* bytes, size_t size,
                   double ttl);
  int (*store_delete)(const faasbatch_call*, const char* key);
  const char* (*store_error)(const faasbatch_call*);
  void (*release)(char* bytes);
  const char* (*store_error_type)(const faasbatch_call*);
} faasbatch_api;

struct faasbatch_call {
  const faasbatch_api* api;
  const char* input; /* JSON text, not ended by NUL */
  size_t input_size;
  const char* invocation_id; /* these end with NUL */
  const char* run_id;
  const char* step;
  const char* index; /* JSON array: where in the foreach this call is */
  int64_t attempt;   /* from 1: a call may be tried again */
};

/* A handler: sets an output and returns FAASBATCH_OK, or sets an error and returns FAASBATCH_FAILED. Without
 * an output the result is `null`; what is set last counts. */
typedef int (*faasbatch_handler)(const faasbatch_call* call, faasbatch_result* result);
/* NOLINTEND(modernize-use-using) */

#ifdef __cplusplus
#define FAASBATCH_EXPORT extern "C" __attribute__((visibility("default")))
#else
#define FAASBATCH_EXPORT __attribute__((visibility("default")))
#endif
#define FAASBATCH_HANDLER(name)                                                 \
  FAASBATCH_EXPORT int name(const faasbatch_call* call __attribute__((unused)), \
                            faasbatch_result* result __attribute__((unused)))

/* The output, which must be one JSON value in UTF-8; it is copied. */
static inline void faasbatch_set_output(const faasbatch_call* call, faasbatch_result* result,
                                        const char* json, size_t size) {
  call->api->set_output(result, json, size);
}

/* The same without a copy: `release` (such as free) is called with `json` once it has been sent; NULL for
 * static text. */
static inline void faasbatch_own_output(const faasbatch_call* call, faasbatch_result* result, char* json,
                                        size_t size, void (*release)(void*)) {
  call->api->own_output(result, json, size, release);
}

/* Sets the error type that `retry` and `catch` match on, and a message. Returns FAASBATCH_FAILED. */
static inline int faasbatch_fail(const faasbatch_call* call, faasbatch_result* result, const char* type,
                                 const char* message) {
  call->api->set_error(result, type, message);
  return FAASBATCH_FAILED;
}

/* A log text of this call. Output to stdout and stderr is captured too, but is known to be of this call only
 * where no other runs in the process. */
static inline void faasbatch_log(const faasbatch_call* call, const char* text) {
  call->api->log(call, FAASBATCH_STDOUT, text, strlen(text));
}

/* Not 0 once the caller has given the call up: end soon, the process is ended or the thread abandoned after a
 * grace. */
static inline int faasbatch_cancelled(const faasbatch_call* call) { return call->api->cancelled(call); }

/* Seconds until the call's deadline; negative behind it. */
static inline double faasbatch_remaining(const faasbatch_call* call) { return call->api->remaining(call); }

/* The store of the workflow. FAASBATCH_OK, FAASBATCH_NOT_FOUND, or FAASBATCH_FAILED: see
 * faasbatch_store_error. Bytes got are the caller's, to be given back with faasbatch_release; they end with a
 * NUL that is not counted. */
static inline int faasbatch_store_get(const faasbatch_call* call, const char* key, faasbatch_type* type,
                                      char** bytes, size_t* size) {
  return call->api->store_get(call, key, type, bytes, size);
}
/* `ttl` in seconds; 0: until it is deleted. */
static inline int faasbatch_store_put(const faasbatch_call* call, const char* key, faasbatch_type type,
                                      const char* bytes, size_t size, double ttl) {
  return call->api->store_put(call, key, type, bytes, size, ttl);
}
/* FAASBATCH_OK also where there was no such key. */
static inline int faasbatch_store_delete(const faasbatch_call* call, const char* key) {
  return call->api->store_delete(call, key);
}
/* What the last store function of this thread failed of. */
static inline const char* faasbatch_store_error(const faasbatch_call* call) {
  return call->api->store_error(call);
}
/* Its type: "StoreUnavailable", "InvalidKey", "ValueTooLarge"; fit for faasbatch_fail. */
static inline const char* faasbatch_store_error_type(const faasbatch_call* call) {
  return call->api->store_error_type(call);
}
static inline void faasbatch_release(const faasbatch_call* call, char* bytes) { call->api->release(bytes); }

#ifdef __cplusplus
}
#endif
#endif /* FAASBATCH_H */
